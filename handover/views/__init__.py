"""Views: one module for each page of the console."""
