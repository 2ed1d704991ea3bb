"""Every command of the studio, in the order of the menus."""

# ruff: noqa: E501 - a table: one row is one line

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from studio.commands.command import Command, Where

# key | text | keys | icon | help.  Keys are parted by spaces; '*' before the text: can be checked.
_APP: Final = """
file.new | New | Ctrl+N | file-new | Begin an empty document.
file.new_from_template | New from template… | Ctrl+Shift+N | template | Begin from a graph that works, with a picture of what it makes.
file.open | Open… | Ctrl+O | folder | Open a graph, or the graph inside a video or picture.
file.reopen | Reopen closed tab | Ctrl+Shift+T | history | Open the document again that was closed last.
file.save | Save | Ctrl+S | save | Write the document to its file.
file.save_as | Save as… | Ctrl+Shift+S | save | Write the document to another file and go on with that one.
file.import_media | Add media… | Ctrl+Alt+O | media | Add nodes that load pictures, videos or sounds.
file.close | Close tab | Ctrl+W | close | Close the document; asks first if it is not saved.
file.close_others | Close other tabs | | close | Close every document but this one.
file.preferences | Preferences… | Ctrl+, | settings | Theme, keys, sound, and where things are kept.
file.quit | Quit | Ctrl+Q | quit | Close the studio; runs can go on without it.
edit.undo | Undo | Ctrl+Z | undo | Take back the last change.
edit.redo | Redo | Ctrl+Shift+Z Ctrl+Y | redo | Do the change again that was taken back last.
edit.find | Find in graph… | Ctrl+F | search | Find nodes of this document by name, type or value, and go there.
view.palette | Command palette… | Ctrl+Shift+P | command | Type a few letters of any command and press Enter.
view.app | *App view | Ctrl+E | controls | Show only the exposed controls and the result.
view.next_tab | Next tab | Ctrl+Tab Ctrl+PgDown | right | Show the next open document.
view.previous_tab | Previous tab | Ctrl+Shift+Tab Ctrl+PgUp | left | Show the document before.
view.next_area | Next area | F6 | right | Move the keyboard to the next part of the window.
view.previous_area | Previous area | Shift+F6 | left | Move the keyboard to the part of the window before.
view.minimap | *Minimap | | map | Show a small picture of the whole graph in a corner.
view.previews | *Previews on nodes | | image | Show results and the picture that is being made on the nodes.
view.snap | *Snap to grid | | grid | Let moved nodes snap to the grid.
view.viewer | *Viewer | Ctrl+1 | play | Show or hide the viewer.
view.inspector | *Inspector | Ctrl+2 | sliders | Show or hide the settings of the selected nodes.
view.queue | *Queue | Ctrl+3 | queue | Show or hide what runs and waits.
view.history | *Results | Ctrl+4 | film | Show or hide what was made before.
view.machines | *Machines | Ctrl+5 | machine | Show or hide this computer and the clusters.
view.models | *Models | Ctrl+6 | cube | Show or hide the models on disk and those to fetch.
view.changes | *Changes | Ctrl+7 | history | Show or hide the list of changes, to go back to any of them.
view.log | *Log | Ctrl+8 | log | Show or hide what the studio reports.
view.reset_layout | Reset layout | | layout | Put every panel back where it was at first.
view.theme | Dark or light | | theme | Change between the dark and the light theme.
view.fullscreen | *Full screen | F11 | fullscreen | Use the whole screen.
run.run | Run | Ctrl+Enter Ctrl+Return F5 | run | Make what this document describes; what is already made is not made again.
run.front | Run before others | Ctrl+Shift+Enter Ctrl+Shift+Return | run-front | Run this document as the next one.
run.selected | Run up to selection | Alt+Enter Alt+Return | run-to | Run only what the selected nodes need.
run.interrupt | Stop | Ctrl+Alt+Enter Ctrl+Alt+Return | stop | Stop the run of this document at its next step; what is done is kept.
run.pause | Pause | | pause | Let the run of this document wait, and keep where it was.
run.resume | Resume | | run | Go on with the run of this document from its last checkpoint.
run.retry | Try again | | retry | Send the last run of this document again; what was finished is not done again.
run.sweep | Sweep… | Ctrl+Alt+S | sweep | Run once for each of several values of a parameter.
run.next_problem | Next problem | F8 | warning | Go to the next problem of this document.
run.previous_problem | Previous problem | Shift+F8 | warning | Go to the problem before.
help.guide | Guide | F1 | book | How to work in the studio.
help.welcome | Welcome | | home | Show the welcome page again.
help.keys | Keyboard shortcuts… | Ctrl+Alt+K | keyboard | See every shortcut, change it, and see conflicts.
help.report | Report a problem… | | flag | Put together what a report needs, without secrets.
help.about | About Reelwright | | info | Version and licences.
"""

_CANVAS: Final = """
edit.cut | Cut | Ctrl+X | cut | Copy the selection as text and take it away.
edit.copy | Copy | Ctrl+C | copy | Copy the selected nodes as text that can be pasted anywhere.
edit.paste | Paste | Ctrl+V | paste | Paste nodes, or a graph from a chat or a file.
edit.paste_linked | Paste keeping inputs | Ctrl+Shift+V | paste | Paste nodes and link their inputs as the originals' were.
edit.duplicate | Duplicate | Ctrl+D Shift+D | duplicate | Make a copy of the selected nodes beside them.
edit.duplicate_linked | Duplicate keeping inputs | Ctrl+Shift+D | duplicate | Copy the selected nodes and link their inputs as the originals' are.
edit.delete | Delete | Del Backspace | trash | Take away what is selected.
edit.delete_reconnect | Delete and reconnect | Ctrl+Del Ctrl+Backspace | trash | Take away the selected nodes and join what they were between.
edit.rename | Rename | F2 | rename | Give the selected node a title of its own.
edit.select_all | Select all | Ctrl+A | select | Select every node of this level.
edit.select_none | Select nothing | Ctrl+Shift+A | select | Let go of everything that is selected.
edit.select_upstream | Select what feeds it | [ | left | Add to the selection every node that it depends on.
edit.select_downstream | Select what it feeds | ] | right | Add to the selection every node that depends on it.
view.frame_selection | Frame selection | F | frame-view | Move and zoom so that the selection fills the canvas.
view.frame_all | Frame everything | Home | frame-all | Move and zoom so that the whole graph is seen.
view.zoom_in | Zoom in | Ctrl+= Ctrl++ | zoom-in | Come nearer.
view.zoom_out | Zoom out | Ctrl+- | zoom-out | Go farther away.
view.actual_size | Actual size | Ctrl+0 | zoom-one | Show nodes at their own size.
canvas.add | Add node… | Tab Shift+A | plus | Search a node and add it at the cursor.
canvas.note | Add note | Shift+N | note | Add a sticky note at the cursor.
canvas.frame | Frame nodes | Ctrl+J | frame | Draw a frame with a title around the selected nodes.
canvas.reroute | Add reroute point | R | reroute | Add a point to the selected link that bends it.
canvas.bypass | Bypass | D Ctrl+B | bypass | Let values pass the selected nodes unchanged, or let them work again.
canvas.mute | Mute | Ctrl+M | mute-node | Switch the selected nodes off, or on again.
canvas.collapse | Collapse | C | collapse | Fold the selected nodes to their titles, or unfold them.
canvas.disconnect | Disconnect | Shift+X | unlink | Take away every link of the selected nodes.
canvas.view_node | Show result | V | eye | Show in the viewer what the selected node made.
canvas.group | Make subgraph | Ctrl+G | group | Put the selected nodes into one node with ports of its own.
canvas.ungroup | Take subgraph apart | Ctrl+Shift+G | ungroup | Put what is inside the selected subgraph in its place.
canvas.enter | Enter subgraph | Enter Return | enter | Show and edit the inside of the selected subgraph.
canvas.leave | Leave subgraph | U | leave | Go back to the level that holds this subgraph.
canvas.rename_subgraph | Rename subgraph | Shift+F2 | rename | Give the definition of the selected subgraph, and so all of its nodes, another name.
canvas.make_unique | Make unique | | duplicate | Give the selected node a definition of its own, so that changes inside touch no other node.
canvas.remove_unused | Remove unused subgraphs | | trash | Take away the definitions of subgraphs that no node stands for any more.
canvas.layout | Arrange automatically | L | layout-auto | Lay out the selected nodes, or all, from left to right.
canvas.align_left | Align left | Alt+Shift+Left | align-left | Align the left edges of the selected nodes.
canvas.align_center | Align centers | | align-center | Align the selected nodes under each other by their middles.
canvas.align_right | Align right | Alt+Shift+Right | align-right | Align the right edges of the selected nodes.
canvas.align_top | Align top | Alt+Shift+Up | align-top | Align the upper edges of the selected nodes.
canvas.align_middle | Align middles | | align-middle | Align the selected nodes beside each other by their middles.
canvas.align_bottom | Align bottom | Alt+Shift+Down | align-bottom | Align the lower edges of the selected nodes.
canvas.distribute_across | Distribute across | Ctrl+Alt+H | distribute-h | Make the gaps between the selected nodes equal from left to right.
canvas.distribute_down | Distribute down | Ctrl+Alt+V | distribute-v | Make the gaps between the selected nodes equal from top to bottom.
canvas.color_none | No color | | color | Give the selection its ordinary color again.
canvas.color_slate | Slate | | color | Color the selection slate.
canvas.color_rose | Rose | | color | Color the selection rose.
canvas.color_amber | Amber | | color | Color the selection amber.
canvas.color_leaf | Leaf | | color | Color the selection leaf green.
canvas.color_sky | Sky | | color | Color the selection sky blue.
canvas.color_violet | Violet | | color | Color the selection violet.
canvas.color_sand | Sand | | color | Color the selection sand.
canvas.color_teal | Teal | | color | Color the selection teal.
"""

_VIEWER: Final = """
viewer.play | Play or pause | Space | play | Play the video or sound, or hold it.
viewer.step_back | Frame back | Left , | step-back | Go to the frame before.
viewer.step_forward | Frame forward | Right . | step-forward | Go to the next frame.
viewer.jump_back | Second back | Shift+Left | step-back | Go one second back.
viewer.jump_forward | Second forward | Shift+Right | step-forward | Go one second forward.
viewer.first | First frame | Home | first | Go to the beginning.
viewer.last | Last frame | End | last | Go to the end.
viewer.loop | *Loop | R | loop | Begin again at the end.
viewer.set_in | Set in point | I | in-point | Let playing begin at this frame.
viewer.set_out | Set out point | O | out-point | Let playing end at this frame.
viewer.clear_range | Clear in and out | X | range-clear | Play from the beginning to the end again.
viewer.slower | Slower | J | slower | Play at half the speed.
viewer.normal_speed | Normal speed | K | play | Play at its own speed.
viewer.faster | Faster | L | faster | Play at twice the speed.
viewer.wipe | *Wipe | W | wipe | Compare with another result across a line that can be moved.
viewer.difference | *Difference | D | wipe | Show how far two compared results differ.
viewer.side_by_side | *Side by side | S | side-by-side | Compare with another result beside it.
viewer.swap | Swap A and B | A | swap | Let the two compared results change places.
viewer.fit | Fit | F 0 | frame-view | Show the whole picture.
viewer.actual_pixels | Actual pixels | 1 | zoom-one | Show each pixel as one pixel of the screen.
viewer.exposure_up | Brighter | + = | brighter | Show the picture half a stop brighter; the file stays as it is.
viewer.exposure_down | Darker | - | darker | Show the picture half a stop darker; the file stays as it is.
viewer.exposure_reset | Exposure as it is | E | exposure | Show the picture as bright as it is.
viewer.channels | Next channel | H | channels | Show red, green, blue, brightness, or all of them.
viewer.contact_sheet | *Contact sheet | T | contact | Show frames of the whole video beside each other.
viewer.mute | *Mute sound | M | sound-off | Play without sound.
viewer.export_frame | Export frame… | Ctrl+Alt+E | export | Write the shown frame to a picture file.
"""

_MENUS: Final = {
    "file": "File",
    "edit": "Edit",
    "view": "View",
    "canvas": "Graph",
    "run": "Run",
    "viewer": "Viewer",
    "help": "Help",
}


def _rows(text: str, where: Where) -> Iterator[Command]:
    for line in text.strip().splitlines():
        key, title, keys, icon, help = (part.strip() for part in line.split("|", 4))
        menu = _MENUS[key.partition(".")[0]]
        yield Command(
            key, title.lstrip("*"), menu, tuple(keys.split()), icon, help, where, title[0] == "*"
        )


COMMANDS: Final[Mapping[str, Command]] = {
    command.key: command
    for command in (*_rows(_APP, "app"), *_rows(_CANVAS, "canvas"), *_rows(_VIEWER, "viewer"))
}
