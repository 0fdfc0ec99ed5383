"""How fast the product is, as ratios to what this machine can do without a product around it.

`make bench` runs all of it, `make bench QUICK=1` a short one, `make bench ARGS="P3 P5"` some of it. Every figure is a
ratio formed inside one interleaved run (A B A B …), because machines are shared: speed changes within seconds, and only
what ran next to each other can be compared. Figures are printed as a median and the lowest and highest of the rounds.

workload.py     the calendars everything is measured on, and a slow count of what is free in them
baselines.py    the least that could do each job: raw rows, raw masks, one raw insert
databases.py    a PostgreSQL that writes to disk as in production, SQLite files, and the workload inside the product's tables
measure.py      interleaving, percentiles, several processes at once
plain_site.py   the least that could answer over HTTP
serving.py      sites behind gunicorn, and visitors who ask them in turns
report.py       goals, floors, and the lines that are printed
ceilings.py     optional: holds our baselines against other implementations of them, in the same run
p1_… to p10_…   one module for each figure
"""
