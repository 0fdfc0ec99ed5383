"""The staff's work list: what there is to do, who does it, and that it is done. Each verb commits once, last."""

from clinic.usecases.work.actions import FRESH, NOTE_MAX, done, note, put_back, send_again, take, undo
from clinic.usecases.work.listing import PAGE, Work, entrusted, forsaken, list_work, note_opened
from clinic.usecases.work.task import TAKE_FIRST, Letter, OpenedTask, TaskSubject, Worker, letter, open_task

__all__ = [
    "FRESH", "NOTE_MAX", "PAGE", "TAKE_FIRST", "Letter", "OpenedTask", "TaskSubject", "Work", "Worker", "done", "entrusted",
    "forsaken", "letter", "list_work", "note", "note_opened", "open_task", "put_back", "send_again", "take", "undo",
]  # fmt: skip
