"""The documentation: Markdown pages in this folder, shown at /docs/ with a table of contents and a search."""
