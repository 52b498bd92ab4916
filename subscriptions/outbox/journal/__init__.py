"""The journal of a sender: what it began and what the relay replied, in a local file that is not synced.

It outlives the process but not the machine. The database names it (the delivery's `worker`), and has
`handing` for all that the sender claimed; so what a journal cannot tell is `unknown`, and never sent again.

    records.py   what is written, and what can be concluded from it: pure
    file.py      the file, with the lock that its sender holds for life
    machine.py   which machine this is, since which boot, and whether its disk outlives the process
"""
