#!/usr/bin/env python3
"""Works out from sales_pipeline.csv alone which alerts must arrive on which day, and holds what the program in this folder
wrote against it. It shares no code with Milemarker: luck is added up term by term, every working minute is looked at, and
a status is held back and announced as docs/ALERTS.md says.

    go run ./docs/examples/crm-opportunities FOLDER > told.jsonl
    alerts.py FOLDER told.jsonl [2017-07-01 2017-09-30]

The file has dates without a time of day. What a day brings is known from noon in New York on, and not before; work is from
9 to 17 o'clock on days that pace.py counts as such. Times are minutes since the midnight before the first day.
"""

import csv, json, math, sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

sys.dont_write_bytecode = True  # leaves this folder as it is
from pace import DAY, days, dispersion, workdays, works

MINUTES, OPENS, NOON, CLOSES = 24 * 60, 9 * 60, 12 * 60, 17 * 60
HOLD = 30  # working minutes for which a new status must hold
QUIET_TO, QUIET_FROM = 7 * 60, 20 * 60
IDLE_BY = 16 * 60
TOLD = {"off_track", "at_risk", "on_track", "achieved", "missed"}


def read(folder):
    """What each agent won, lost and did, by day."""
    won, lost, did = defaultdict(Counter), defaultdict(Counter), defaultdict(Counter)
    day = lambda text: datetime.strptime(text, "%m/%d/%Y").date()
    for row in csv.DictReader(open(folder + "/sales_pipeline.csv")):
        rep = row["sales_agent"].lower().replace(" ", "-")
        if row["engage_date"]:
            did[rep][day(row["engage_date"])] += 1
        closed = {"Won": won, "Lost": lost}.get(row["deal_stage"])
        if closed is not None:
            closed[rep][day(row["close_date"])] += 1
            did[rep][day(row["close_date"])] += 1
    return won, lost, did


class Time:
    """Minutes since the midnight before the first day, and the working minutes among them."""

    def __init__(self, first, last):
        self.first = first
        self.days = list(days(first, last + 10 * DAY))
        self.before = [0]
        for d in self.days:
            self.before.append(self.before[-1] + (CLOSES - OPENS) * works(d))

    def worked(self, at):
        """Working minutes until a moment."""
        n, minute = divmod(at, MINUTES)
        within = max(0, min(minute, CLOSES) - OPENS) if works(self.days[n]) else 0
        return self.before[n] + within

    def arrives(self, at):
        """When what is told at a moment arrives: not by night."""
        n, minute = divmod(at, MINUTES)
        if minute < QUIET_TO:
            return n * MINUTES + QUIET_TO
        return at if minute < QUIET_FROM else (n + 1) * MINUTES + QUIET_TO

    def show(self, at):
        n, minute = divmod(at, MINUTES)
        return f"{self.first + n * DAY} {minute // 60:02}:{minute % 60:02}"


def at_most(k, mean, spread):
    """P(X <= k - 1) and P(X <= k) of a count of that mean and of variance spread x mean: Poisson, or negative binomial."""
    if mean <= 0:
        return (1.0 if k > 0 else 0.0), 1.0
    if spread <= 1:
        p, ratio = math.exp(-mean), lambda n: mean / (n + 1)
    else:
        r = mean / (spread - 1)
        p, ratio = spread ** -r, lambda n: (n + r) / (n + 1) * (1 - 1 / spread)
    less, total = 0.0, p
    for n in range(k):
        less, p = total, p * ratio(n)
        total += p
    return less, total


def standing(actual, target, expected, spread):
    if actual >= target:
        return "achieved"
    less, total = at_most(actual, expected, spread)
    if total < 0.05:  # less than the 5 % quantile
        return "off_track"
    if total < 0.25:
        return "at_risk"
    return "ahead" if less >= 0.90 else "on_track"


class Watch:
    """Announces a status once it has held, and again only after it was another."""

    def __init__(self, time):
        self.time, self.announced, self.pending, self.since = time, "", "", 0

    def see(self, status, at):
        if status == self.announced:
            self.pending = ""
            return None
        if status != self.pending:
            self.pending, self.since = status, at
        final = status in ("achieved", "missed")
        if not final and self.time.worked(at) - self.time.worked(self.since) < HOLD:
            return None
        before, self.announced, self.pending = self.announced, status, ""
        if status not in TOLD or status == "on_track" and before in ("", "ahead"):
            return None
        return status


def on_line(target, worked, whole):
    """What the line expects, as it is shown: with 4 decimals."""
    return (2 * target * 10000 * worked + whole) // (2 * whole) / 10000


def pace_alerts(won, target, first, last, time):
    """Looks at a goal every working minute, at midnight, and when something is won."""
    whole = sum(works(d) for d in days(first, last)) * (CLOSES - OPENS)
    watch, actual = Watch(time), 0
    for n, d in enumerate(days(first, last)):
        counts, begin = workdays(won, d)  # the history until yesterday
        begin = max(begin, first)
        line = lambda d: on_line(target, time.worked((d - first).days * MINUTES), whole)
        spread = dispersion(counts, sum(won[x] for x in days(begin, d - DAY)), line(d) - line(begin))
        moments = {0, NOON} | (set(range(OPENS, CLOSES + 1)) if works(d) else set())
        for minute in sorted(moments):
            if minute == NOON:
                actual += won[d]
            at = n * MINUTES + minute
            expected = on_line(target, time.worked(at), whole)
            if told := watch.see(standing(actual, target, expected, spread), at):
                yield time.arrives(at), told
    end = ((last - first).days + 1) * MINUTES
    if told := watch.see("achieved" if actual >= target else "missed", end):
        yield time.arrives(end), told


def idle_alerts(did, first, last, time):
    """A working day of which nothing was told until the hour that the rule says."""
    for n, d in enumerate(days(first, last)):
        if works(d) and not did[d]:
            yield time.arrives(n * MINUTES + IDLE_BY), ""


def fisher(a, n, b, m):
    """The chance of at most a hits among n, of a + b among n + m."""
    return sum(math.comb(n, i) * math.comb(m, a + b - i) for i in range(a + 1) if 0 <= a + b - i <= m) / math.comb(n + m, a + b)


def conversion_alerts(won, lost, first, last, time):
    """The close rate of the last 4 whole weeks against the 26 before, looked at as days begin."""
    raised = False
    for n, d in enumerate(days(first, last)):
        monday = d - d.weekday() * DAY
        span = lambda c, a, b: sum(c[x] for x in days(monday - a * 7 * DAY, monday - b * 7 * DAY - DAY))
        a, b = span(won, 4, 0), span(won, 30, 4)
        now, then = a + span(lost, 4, 0), b + span(lost, 30, 4)
        if now < 10 or then < 10:
            continue
        p = fisher(a, now, b, then)
        if not raised and p <= 0.01:
            raised = True
            yield time.arrives(n * MINUTES), ""
        elif raised and p >= 0.10:
            raised = False


def silence_alerts(did, first, last, time):
    """All of the file is one source. It is silent after working time that at its own rate passes without a word once in a
    thousand, and half as long again as its longest silence of 120 days."""
    told = sorted(set().union(*did.values()))
    worked = lambda a, b: (CLOSES - OPENS) * sum(works(x) for x in days(a, b - DAY)) + \
        (NOON - OPENS) * works(b) - (NOON - OPENS) * works(a)  # noon to noon
    for last_word, next_word in zip(told, told[1:] + [told[-1] + 9 * DAY]):
        if next_word < first or last_word > last:
            continue
        heard = [d for d in told if last_word - 120 * DAY <= d <= last_word]
        n = sum(c[d] for c in did.values() for d in heard)
        longest = max((worked(a, b) for a, b in zip(heard, heard[1:])), default=0)
        begins = worked(heard[0], last_word) + (NOON - OPENS) * works(heard[0])
        enough = max(-math.log(0.001) * begins / n, 1.5 * longest)
        if n >= 10 and len(heard) >= 5 and worked(last_word, next_word) >= enough:
            sys.exit(f"the source is silent from {last_word} to {next_word}: this script does not say when that is told")
    return []


def expected(folder, first, last):
    won, lost, did = read(folder)
    time = Time(first, last)
    out = []
    for rep in sorted(won):
        if not any(d < first for d in won[rep]):
            continue
        target = max(10, round(sum(won[rep][d] for d in days(first - 91 * DAY, first - DAY)) * 1.15))
        for kind, alerts in [
            ("pace", pace_alerts(won[rep], target, first, last, time)),
            ("no_activity", idle_alerts(did[rep], first, last, time)),
            ("conversion_fallen", conversion_alerts(won[rep], lost[rep], first, last, time)),
        ]:
            out += [(time.show(at), rep, kind, status) for at, status in alerts]
    silence_alerts(did, first, last, time)
    return sorted(out)


def main(folder, path, first="2017-07-01", last="2017-09-30"):
    want = expected(folder, date.fromisoformat(first), date.fromisoformat(last))
    messages = [json.loads(line) for line in open(path)]
    have = sorted((m["at"][:16].replace("T", " "), m["rep"], m["kind"], m.get("status", "")) for m in messages)
    twice = [i for i, n in Counter(m["id"] for m in messages).items() if n > 1]
    by_day = lambda alerts: Counter((at[:10], *rest) for at, *rest in alerts)
    wrong = 0
    for what, alerts in (("missing", by_day(want) - by_day(have)), ("too many", by_day(have) - by_day(want))):
        for alert in sorted(alerts.elements()):
            wrong += 1
            print(what + ":", *alert)
    minutes = sum(((Counter(want) - Counter(have)) + (Counter(have) - Counter(want))).values())
    print(f"{len(want)} alerts on {len({w[0][:10] for w in want})} days for {len({w[1] for w in want})} agents: {wrong} days differ,"
          f" {minutes} minutes differ, {len(twice)} arrived twice")
    print("kinds:", dict(Counter(f"{kind} {status}".strip() for _, _, kind, status in want).most_common()))
    return 1 if wrong or minutes or twice else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
