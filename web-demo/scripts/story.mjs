// What happens in the sample: a ferry company's timetable is an hour off, an agent finds out why with five helpers.
// A step is a pair of a kind and words; `$` is a command with what it prints.

const user = (text) => ({ user: text });
const says = (text) => ({ says: text });
const thinks = (text) => ({ thinks: text });
const $ = (command, output) => ({ command, output });
const table = (head, rows) => [head, ...rows].join("\n");
const pad = (value) => String(value).padStart(2, "0");

const departures = (count, shift) =>
  table(
    " id   | pier      | local_time | utc_time             | source",
    Array.from({ length: count }, (_, index) => {
      const minute = (index * 25) % 60;
      const hour = 6 + Math.floor((index * 25) / 60);
      const pier = ["Norrhamn", "Ekö", "Sandvik", "Lilla Holm"][index % 4].padEnd(9);
      return ` ${4100 + index} | ${pier} | ${pad(hour)}:${pad(minute)}      | 2026-03-29T${pad(hour - 2 + shift)}:${pad(minute)}:00Z | import`;
    }),
  );

const logLines = (count) =>
  Array.from(
    { length: count },
    (_, index) =>
      `2026-03-29T01:${pad(index % 60)}:${pad((index * 7) % 60)}Z importer[${200 + (index % 3)}] ` +
      `${index % 9 === 4 ? "WARN  offset for Europe/Stockholm is +01:00, file says +02:00" : `INFO  row ${index * 12} accepted`}`,
  ).join("\n");

const FERRY = "/home/dev/ferry";

const TZ_READER = {
  id: "0b9d3f52-6c1a-4e0e-9a40-2f6d1c7be805",
  nickname: "Tzdata reader",
  role: "explorer",
  steps: [
    user(
      "Which version of the time zone data does the importer's image carry, and what does it say about 29 March 2026?",
    ),
    thinks(
      "Two sources of truth are possible: the system's zoneinfo and the copy that the runtime ships. I look at both.",
    ),
    $("cat /usr/share/zoneinfo/tzdata.zi | head -1", "# version 2025b"),
    $(
      "zdump -v Europe/Stockholm | grep 2026",
      "Europe/Stockholm  Sun Mar 29 00:59:59 2026 UT = Sun Mar 29 01:59:59 2026 CET isdst=0\nEurope/Stockholm  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1\nEurope/Stockholm  Sun Oct 25 00:59:59 2026 UT = Sun Oct 25 02:59:59 2026 CEST isdst=1\nEurope/Stockholm  Sun Oct 25 01:00:00 2026 UT = Sun Oct 25 02:00:00 2026 CET isdst=0",
    ),
    says(
      "The data is right: clocks go forward at 01:00 UTC on 29 March. So nobody is missing a rule. Somebody is asking for the wrong day.",
    ),
    $(
      "rg -n 'utcoffset|fixed_offset' src/",
      "src/importer/clock.py:31:    offset = zone.utcoffset(self.started_at)\nsrc/importer/clock.py:44:    return local - offset",
    ),
    thinks(
      "`started_at` is the time of the import, not of the departure. The night import starts at 00:50 UTC, ten minutes before the change.",
    ),
    says(
      "Found it. `clock.py:31` asks for the offset **at the start of the import**, once, and uses it for every row.\n\nThe import began at 00:50 UTC, before the clocks changed, so all 1,312 departures after 03:00 local time were stored an hour off.",
    ),
  ],
};

const BISECTOR = {
  id: "c4e0a3d8-19f7-4d59-8f4e-7b1e6f4a9033",
  nickname: "Bisector",
  role: "worker",
  steps: [
    user(
      "The failing case is in `tests/test_clock.py::test_night_import`. Find the commit that broke it. Last known good: v4.2 (October).",
    ),
    $(
      "git bisect start HEAD v4.2 && git bisect run pytest -q tests/test_clock.py",
      "Bisecting: 143 revisions left to test after this (roughly 7 steps)\nBisecting: 71 revisions left to test after this (roughly 6 steps)\nBisecting: 35 revisions left to test after this (roughly 5 steps)\nBisecting: 17 revisions left to test after this (roughly 4 steps)\nBisecting: 8 revisions left to test after this (roughly 3 steps)\nBisecting: 3 revisions left to test after this (roughly 2 steps)\nBisecting: 1 revision left to test after this (roughly 1 step)\n7ac91e0 is the first bad commit",
    ),
    $(
      "git show --stat 7ac91e0",
      "commit 7ac91e0\nDate:   Tue Jan 13 11:20:41 2026 +0100\n\n    Look the offset up once per import, it is slow\n\n src/importer/clock.py | 14 ++++++++------\n 1 file changed, 8 insertions(+), 6 deletions(-)",
    ),
    thinks(
      "A cache of something that is not constant. Before I blame it I want to know whether the zone data played a part, so that we do not mend half of it.",
    ),
    says(
      "The first bad commit is `7ac91e0`, *Look the offset up once per import, it is slow*. I send someone to rule out the time zone data.",
    ),
    { spawns: TZ_READER },
    $(
      "python -m timeit -s 'from zoneinfo import ZoneInfo; from datetime import datetime; z=ZoneInfo(\"Europe/Stockholm\"); d=datetime(2026,3,29,7,30)' 'z.utcoffset(d)'",
      "2000000 loops, best of 5: 131 nsec per loop",
    ),
    says(
      'And the look-up that was "slow" takes 131 ns. For 1,400 rows that is a fifth of a millisecond.',
    ),
  ],
};

const TEST_WRITER = {
  id: "e8a1f7c6-2b45-4c8d-b3d0-50a9d86c1f27",
  nickname: "Test writer",
  role: "worker",
  steps: [
    user(
      "Write tests that would have caught this: imports that start before a clock change and carry departures after it, in both directions.",
    ),
    thinks(
      "Spring has a gap, autumn has an hour that happens twice. The second is worse: a departure at 02:30 is ambiguous, and the file has a column that says which.",
    ),
    $(
      "sed -n 1,40p tests/test_clock.py",
      'import pytest\nfrom datetime import datetime, timezone\nfrom ferry.importer.clock import to_utc\n\n\ndef test_winter():\n    assert to_utc("2026-01-10 07:30") == at(6, 30)\n\n\ndef test_summer():\n    assert to_utc("2026-07-10 07:30") == at(5, 30)',
    ),
    says("Both tests import on the day that they test. Nobody ever crossed the line."),
    $(
      "pytest -q tests/test_clock.py",
      "FF..F...                                                        [100%]\n=========================== short test summary info ===========================\nFAILED tests/test_clock.py::test_night_import - AssertionError: 05:30 != 04:30\nFAILED tests/test_clock.py::test_gap - AssertionError: 01:00 != 00:00\nFAILED tests/test_clock.py::test_hour_twice - AssertionError: 00:30 != 01:30\n3 failed, 5 passed in 0.21s",
    ),
    says(
      "Eight tests, three fail as they should:\n\n- an import that starts before the change and carries a morning departure\n- a departure inside the hour that does not exist\n- the hour that happens twice, told apart by the `dst` column",
    ),
  ],
};

const REPRODUCER = {
  id: "5d2c80b4-f3a6-4b0b-8c57-91f0c3e7ad16",
  nickname: "Reproducer",
  role: "worker",
  steps: [
    user(
      "Make it happen on a fresh database. The file is `fixtures/2026-03-29.csv`. You may use helpers.",
    ),
    $(
      "docker compose up -d db && make migrate",
      "[+] Running 2/2\n ✔ Network ferry_default  Created\n ✔ Container ferry-db-1   Started\nApplying 0001_init … ok\nApplying 0002_piers … ok\nApplying 0003_departures … ok",
    ),
    $("python -m ferry.importer fixtures/2026-03-29.csv", "1,400 rows read, 1,400 stored"),
    $('psql -c "select * from departures order by id limit 24"', departures(24, 0)),
    thinks(
      "Right as rain by day. It failed at night, so time itself is an input. I run it with the clock at 00:50 UTC.",
    ),
    $(
      "faketime '2026-03-29 00:50:00' python -m ferry.importer fixtures/2026-03-29.csv",
      "1,400 rows read, 1,400 stored",
    ),
    $('psql -c "select * from departures order by id limit 24"', departures(24, 1)),
    says(
      "Reproduced: the same file, imported at **00:50 UTC**, is one hour off from the first morning boat on. Imported after 01:00 it is right.\n\nI split what is left: one helper bisects, one writes the tests.",
    ),
    { spawns: BISECTOR },
    { spawns: TEST_WRITER },
    $(
      "git diff --stat",
      " tests/test_clock.py | 58 +++++++++++++++++++++++++++++++++++++++++++++++++\n 1 file changed, 58 insertions(+)",
    ),
    says(
      "Both are back. The offset is looked up once, at the start of the import (`7ac91e0`, January). The tests are in the branch and fail for the right reason.",
    ),
  ],
};

const LOG_READER = {
  id: "a17b62de-80c3-4f1f-a6f9-3ce2d4b7509c",
  nickname: "Log reader",
  role: "explorer",
  steps: [
    user(
      "Read the importer's log of the night to Sunday. When did it run, did it complain, and does anything else look wrong?",
    ),
    $(
      "ls -la /var/log/ferry",
      "-rw-r--r-- 1 ferry ferry  812344 Mar 28 02:01 importer.log.1\n-rw-r--r-- 1 ferry ferry 1204881 Mar 29 02:00 importer.log",
    ),
    $("sed -n 1,90p /var/log/ferry/importer.log", logLines(90)),
    thinks(
      "A warning every nine rows, and the file is half as large again as the night before. It did complain. Nobody reads it.",
    ),
    $("rg -c 'WARN  offset' /var/log/ferry/importer.log", "1312"),
    $(
      "rg -n 'started|finished' /var/log/ferry/importer.log",
      "1:2026-03-29T00:50:02Z importer[200] INFO  started\n14883:2026-03-29T01:14:40Z importer[200] INFO  finished, 1400 rows",
    ),
    says(
      "The import ran from **00:50 to 01:14 UTC**, across the change of the clocks. It wrote 1,312 warnings that its offset and the file's differ, and went on.\n\nNothing else is out of the ordinary. I would turn that warning into a refusal.",
    ),
  ],
};

export const THREADS = [
  {
    id: "3f8e1a90-57d2-4c6b-9d1e-c05b7a2f4e61",
    name: "The ferries leave an hour early",
    start: "2026-03-29T07:42:00Z",
    cwd: FERRY,
    branch: "fix/night-import",
    steps: [
      user(
        "Since this morning the timetable shows every ferry an hour early. People stand on the pier and wait. Find out why, mend it, and tell me which departures are wrong.",
      ),
      thinks(
        "It is the last Sunday of March. But the timetable has survived other springs, so I do not stop at that thought.",
      ),
      $(
        "git log --oneline -5",
        "f02d9b1 Name the piers in Finnish, too\n88c1a70 Show the platform on small screens\n51e7d3c Raise the import's time limit\n7ac91e0 Look the offset up once per import, it is slow\n0d8f2ab Keep the source of each departure",
      ),
      $(
        "psql ferry -c \"select * from departures where day = '2026-03-29' limit 8\"",
        departures(8, 1),
      ),
      says(
        "The stored times are wrong, not the page that shows them. I send two helpers: one reads the night's log, one makes it happen again on a fresh database.",
      ),
      { spawns: LOG_READER },
      { spawns: REPRODUCER },
      thinks(
        "Both point at the same line. The mend is small; the data needs one, too, and only for rows of that one import.",
      ),
      says(
        "It is the clock change after all, but through our own door: since January the importer looks the offset up **once**, when it starts. It started ten minutes before the change.",
      ),
      $(
        "apply_patch src/importer/clock.py",
        "@@ -28,9 +28,8 @@ class Clock:\n-        if self.offset is None:\n-            self.offset = self.zone.utcoffset(self.started_at)\n-        return local - self.offset\n+        # The offset belongs to the departure, not to the import.\n+        return local.replace(tzinfo=self.zone, fold=fold).astimezone(timezone.utc)",
      ),
      $(
        "pytest -q",
        "........................................................................ [ 61%]\n..............................................                           [100%]\n118 passed in 3.40s",
      ),
      $("psql ferry -f fixes/2026-03-29-shift.sql", "BEGIN\nUPDATE 1312\nCOMMIT"),
      says(
        "Mended, and the data with it:\n\n- 1,312 departures of 29 March moved by one hour; 88 before 03:00 were right\n- the offset now belongs to each departure\n- an import whose offset differs from the file's is refused instead of logged\n\nThe boats are on time again.",
      ),
      user("Thank you. Write two sentences for the people on the pier?"),
      says(
        "Our timetable showed today’s boats an hour early, because it missed the change to summer time. It has been right since 08:30; we are sorry for the cold wait, and coffee on board is on us today.",
      ),
    ],
  },
  {
    id: "91c4d7b3-0e6f-4a28-b5f2-68de3a1c7f40",
    name: "A name for the pier camera",
    start: "2026-03-27T15:10:00Z",
    cwd: FERRY,
    branch: "main",
    steps: [
      user(
        "We put a camera on Norrhamn pier so that people see whether the boat is there. It needs a name that children can say.",
      ),
      thinks(
        "Short, friendly, a little Swedish, not a brand. Birds that stand on piers come to mind.",
      ),
      says(
        "- **Måsen** (the gull): it sits on the pier and sees everything\n- **Kikaren** (the spyglass)\n- **Pollaren** (the bollard): it is where boats end up\n\nI would take Måsen. Its picture draws itself.",
      ),
      user("Måsen it is. What does it say when the boat is away?"),
      says("“Måsen sees only water. Next boat at 14:25.”"),
    ],
  },
  {
    id: "d60f2e7b-43a9-4b15-8e0c-1f97a5c8b2d4",
    name: "Slow query on departures",
    start: "2026-03-24T09:05:00Z",
    cwd: FERRY,
    branch: "perf/departures",
    steps: [
      user("The departures board takes 800 ms when it opens. It was instant last year."),
      $(
        'psql ferry -c "explain analyze select * from departures where pier = 3 and day = current_date order by local_time"',
        "Sort  (cost=41230.11..41230.48 rows=148 width=72) (actual time=781.220..781.241 rows=96 loops=1)\n  Sort Key: local_time\n  ->  Seq Scan on departures  (cost=0.00..41224.78 rows=148 width=72) (actual time=2.118..780.903 rows=96 loops=1)\n        Filter: ((pier = 3) AND (day = CURRENT_DATE))\n        Rows Removed by Filter: 1914204\nPlanning Time: 0.214 ms\nExecution Time: 781.301 ms",
      ),
      thinks(
        "A sequential scan over two million rows. The table grew; the index that it once had is gone, or never covered the day.",
      ),
      $(
        "psql ferry -c '\\d departures' | rg -A3 Indexes",
        'Indexes:\n    "departures_pkey" PRIMARY KEY, btree (id)',
      ),
      says(
        "There is no index but the primary key: the table was small when it was made. I add one over pier, day and time, which answers the query in order, without a sort.",
      ),
      $(
        "psql ferry -c 'create index concurrently departures_board on departures (pier, day, local_time)'",
        "CREATE INDEX",
      ),
      $(
        'psql ferry -c "explain analyze select * from departures where pier = 3 and day = current_date order by local_time" | tail -2',
        "Planning Time: 0.190 ms\nExecution Time: 0.412 ms",
      ),
      says("From **781 ms to 0.4 ms**. The index takes 58 MB and is built without a lock."),
    ],
  },
];
