"""The life of a project around its graph: files, settings, safety copies, models; knows no Qt."""
