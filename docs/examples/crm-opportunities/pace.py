#!/usr/bin/env python3
"""Sets a goal on sign-ups for every agent of sales_pipeline.csv, asks Milemarker how each stood at the end of every day,
and works out the same from the CSV alone: actual, expected, limits and status. It shares no code with Milemarker and
needs nothing but Python. The org must be in America/New_York with country US and have no calendar of its own.

    pace.py sales_pipeline.csv http://127.0.0.1:8080 mm_...  2017-07-01 2017-09-30
"""

import csv, json, math, sys, urllib.error, urllib.parse, urllib.request
from collections import Counter
from datetime import date, datetime, timedelta

HOLIDAYS = {date(2016, 11, 11), date(2016, 11, 24), date(2016, 12, 25), date(2016, 12, 26), date(2017, 1, 1), date(2017, 1, 2),
            date(2017, 1, 16), date(2017, 2, 20), date(2017, 5, 29), date(2017, 7, 4), date(2017, 9, 4), date(2017, 10, 9),
            date(2017, 11, 10), date(2017, 11, 11), date(2017, 11, 23), date(2017, 12, 25)}
DAY = timedelta(days=1)


def works(d):
    return d.weekday() < 5 and d not in HOLIDAYS


def days(first, last):
    while first <= last:
        yield first
        first += DAY


def workdays(wins, before):
    """The last 60 working days before a day, newest first, with what was won on each and on the days off behind it; and
    the first of them."""
    out, off, first, begin = [], 0, min(wins), before
    first = max(first, before - 191 * DAY)
    d = before - DAY
    while d >= first and len(out) < 60:
        off += wins[d]
        if works(d):
            out.append(off)
            off, begin = 0, d
        d -= DAY
    return out, begin


def dispersion(counts, had, line):
    """Pearson's, widened for the doubt that is left of it, and carried over to the rate that there would be if those of the
    days that belong to the goal had brought what the line asks for instead of what they had."""
    if len(counts) < 5 or sum(counts) < 10:
        return 1.0
    everything, free = sum(counts), len(counts) - 1
    mean = everything / len(counts)
    found = sum((c - mean) ** 2 / mean for c in counts) / free
    doubt = 1 / free + (max(0, found - 1) * (3 * found - 1) / (2 * found * everything) if found else 0)
    doubt = min(doubt, 0.25)
    widened = max(1.0, found * (1 + 1.853 * doubt + 2.585 * doubt**2))
    return 1 + (widened - 1) * min(2, max(1, 1 + (line - had) / everything))


def quantile(mean, spread, p):
    """The least k with P(X <= k) >= p of a Poisson (spread 1) or negative binomial count of variance spread x mean."""
    if mean <= 0:
        return 0
    k, total = 0, 0.0
    while True:
        if spread <= 1:
            log = k * math.log(mean) - mean - math.lgamma(k + 1)
        else:
            r = mean / (spread - 1)
            log = math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) - r * math.log(spread) + k * math.log(1 - 1 / spread)
        total += math.exp(log)
        if total >= p:
            return k
        k += 1


def status(actual, target, expected, spread, over):
    if actual >= target:
        return "achieved"
    if over:
        return "missed"
    if actual < quantile(expected, spread, 0.05):
        return "off_track"
    if actual < quantile(expected, spread, 0.25):
        return "at_risk"
    return "ahead" if actual > quantile(expected, spread, 0.90) else "on_track"


def call(server, key, method, path, body=None):
    request = urllib.request.Request(server + path, method=method, data=json.dumps(body).encode() if body else None)
    request.add_header("Authorization", "Bearer " + key)
    request.add_header("Content-Type", "application/json")
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            if e.code != 503:  # the read models are not there yet: ask again
                sys.exit(f"{method} {path}: {e.code} {e.read().decode()}")


def main(path, server, key, first, last):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    wins = {}
    for row in csv.DictReader(open(path)):
        won = wins.setdefault(row["sales_agent"], Counter())
        if row["deal_stage"] == "Won":
            won[datetime.strptime(row["close_date"], "%m/%d/%Y").date()] += 1
    total = sum(works(d) for d in days(first, last))
    checked, wrong, seen, changes = 0, 0, Counter(), Counter()
    for agent, won in sorted(wins.items()):
        if not won:
            continue
        rep = agent.lower().replace(" ", "-")
        before = sum(won[d] for d in days(first - 91 * DAY, first - DAY))
        target = max(10, round(before * 1.15))
        goal = call(server, key, "POST", "/v1/goals", {
            "goal": f"q-{rep}", "metric": "signups", "target": target, "owner_kind": "rep", "owner": rep,
            "starts_on": str(first), "ends_on": str(last)})
        position, was = goal["position"], ""
        for d in days(first, last):
            got = call(server, key, "GET", f"/v1/goals/q-{rep}/pace?at={d}&min_position={position}")
            actual = sum(won[x] for x in days(first, d))
            expected = round(target * 10000 * sum(works(x) for x in days(first, d)) / total + 1e-9) / 10000
            # At the end of a day its own count is part of the history, once the day after is "today".
            counts, begin = workdays(won, d + DAY)
            begin = max(begin, first)
            line = target * sum(works(x) for x in days(begin, d)) / total
            spread = dispersion(counts, sum(won[x] for x in days(begin, d)), line)
            want = (actual, expected, status(actual, target, expected, spread, d == last))
            have = (got["actual"], got["expected"], got["status"])
            checked += 1
            seen[want[2]] += 1
            if was and was != want[2]:
                changes[agent] += 1
            was = want[2]
            close = have[0] == want[0] and abs(have[1] - want[1]) <= 0.0001 and have[2] == want[2]
            if not close or abs(got["luck"]["dispersion"] - spread) > 0.0002:
                wrong += 1
                print(f"{agent} {d}: Milemarker {have} {got['luck']}, by hand {want} {spread:.4f}")
    print(f"{checked} days of {sum(1 for w in wins.values() if w)} agents, {wrong} differ")
    print("statuses:", dict(seen))
    print("status changes:", sum(changes.values()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
