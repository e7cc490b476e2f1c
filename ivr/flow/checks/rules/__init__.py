"""The rules of the checker, a module per subject. Importing a module registers its rules."""
