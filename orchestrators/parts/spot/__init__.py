"""Parts of the tasks of session hosts."""
