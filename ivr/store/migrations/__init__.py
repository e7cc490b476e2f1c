"""Changes of the schema, oldest first. Forward only: a hotline goes back by restoring its backup."""
