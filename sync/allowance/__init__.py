"""How much may go to other devices now: a limit, a timetable of limits, and what a metered network lets through."""
