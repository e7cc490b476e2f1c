"""Reading flows: YAML with places, field by field, into drafts and then into flow sets."""
