"""The desktop application: its window, menus, tabs and dialogs, and what joins all rooms."""
