"""Your data: bring a table, see what was understood, and compare optimizers on it."""

from language import _
from ui.data.bringing import bringing
from ui.data.choosing import choosing
from ui.data.draft import draft
from ui.data.preview import preview
from ui.data.waiting import waiting
from ui.shell.binding import draw_mark
from ui.shell.heading import heading
from ui.shell.locale import speak
from ui.shell.navigation import work_on
from ui.shell.notices import show_notices
from ui.shell.share import address, share
from ui.shell.undo import undo_buttons


def data() -> None:
    """Show how a table is brought; below it the one at hand, and what is learnt from it."""
    about = _("Train on a table of your own: bring it, check what was understood, choose a target.")
    with heading(_("Your data"), about):
        undo_buttons()
        share()
    show_notices()
    waiting()
    bringing()
    now = draft()
    if now is not None:
        preview(now)
        choosing(now)
    address()
    draw_mark("page")


speak()
work_on("data")
data()
