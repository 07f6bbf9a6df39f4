"""Pages for people: templates, and what every page is sent with. They work without any script."""
