"""Views: the console's pages, a module each."""
