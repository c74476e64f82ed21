"""The queries of NEXMark in examples/nexmark say what their definitions say, here in plain Python.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import datetime
import fractions
import json
import os
import pathlib
import re
import sys
import unittest

from harness import ToolTest, shell

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "nexmark"
sys.path.insert(0, str(EXAMPLES))
import generate  # noqa: E402

EVENTS = int(os.environ.get("NEXMARK_EVENTS", "12000"))
TEN = 10000  # ten seconds, in milliseconds
DAY = 86400000


def events():
    """The stream: in groups of a hundred, within which the order is shuffled."""
    generator = generate.Generator(seed=7, rate=400, group=100)
    return [generator.event(index) for index in range(EVENTS)]


def row(*values):
    """A row that can be counted: objects by their JSON, whatever the order of their members."""
    return tuple(json.dumps(v, sort_keys=True) if isinstance(v, (dict, list)) else v for v in values)


def pick(member, *names):
    return row(*(member[name] for name in names))


def real(number):
    """A quotient, rounded once."""
    return float(number)


def rank(price):
    return 1 if price < 10000 else 2 if price < 1000000 else 3


def by(key, members):
    groups = collections.defaultdict(list)
    for member in members:
        groups[key(member)].append(member)
    return groups


def ranked_numbers(bids):
    """Bids, bidders and auctions, each in all and of the three ranks."""
    parts = [bids] + [[b for b in bids if rank(b["price"]) == n] for n in (1, 2, 3)]
    counts = [len(part) for part in parts]
    return counts + [len({b[name] for b in part}) for name in ("bidder", "auction") for part in parts]


RANKED = [f"{which}_{what}" for what in ("bids", "bidders", "auctions")
          for which in ("total", "rank1", "rank2", "rank3")]


def minute(milliseconds):
    time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return time.strftime("%H:%M")


class Nexmark(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.stream = events()
        cls.persons = [e["person"] for e in cls.stream if e["event_type"] == 0]
        cls.auctions = [e["auction"] for e in cls.stream if e["event_type"] == 1]
        cls.bids = [e["bid"] for e in cls.stream if e["event_type"] == 2]
        bids_on = by(lambda b: b["auction"], cls.bids)
        cls.in_time = [(a, [b for b in bids_on[a["id"]] if a["dateTime"] <= b["dateTime"] <= a["expires"]])
                       for a in cls.auctions]
        cls.in_time = [(a, bids) for a, bids in cls.in_time if bids]

        cls.lines = "".join(json.dumps(e, separators=(",", ":")) + "\n" for e in cls.stream)

    def setUp(self):
        super().setUp()
        (self.folder / "events").write_text(self.lines, encoding="utf-8")

    def rows(self, query, *more):
        """What a query writes; it is silent."""
        done = shell(f"set -o pipefail; {EXAMPLES}/{query} events {' '.join(more)}", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, b""), query)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_rows(self, found, expected):
        """The same rows, each as often, in any order."""
        self.assertGreater(len(expected), 0)
        found, expected = collections.Counter(found), collections.Counter(expected)
        self.assertEqual((list(found - expected)[:3], list(expected - found)[:3]), ([], []))

    def test_q0_the_bids(self):
        names = "auction", "bidder", "price", "dateTime", "extra"
        self.assertEqual([pick(r, *names) for r in self.rows("q0")], [pick(b, *names) for b in self.bids])

    def test_q1_another_currency(self):
        found = [pick(r, "auction", "bidder", "price") for r in self.rows("q1")]
        self.assertEqual(found, [row(b["auction"], b["bidder"], real(fractions.Fraction(b["price"] * 908, 1000)))
                                 for b in self.bids])

    def test_q2_some_auctions(self):
        expected = [pick(b, "auction", "price") for b in self.bids if b["auction"] % 123 == 0]
        self.assertEqual([pick(r, "auction", "price") for r in self.rows("q2")], expected)

    def test_q3_sellers(self):
        names = "name", "city", "state"
        expected = [pick(p, *names) + (a["id"],) for p in self.persons for a in self.auctions
                    if p["state"] in ("OR", "ID", "CA") and a["category"] == 10 and a["seller"] == p["id"]]
        self.assert_rows([pick(r, *names, "id") for r in self.rows("q3")], expected)

    def test_q4_average_of_the_highest(self):
        highest = [(a["category"], max(b["price"] for b in bids)) for a, bids in self.in_time]
        expected = [(category, real(fractions.Fraction(sum(p for _, p in group), len(group))))
                    for category, group in by(lambda pair: pair[0], highest).items()]
        self.assert_rows([pick(r, "category", "avg") for r in self.rows("q4")], expected)

    def test_q5_hot_auctions(self):
        counts = collections.Counter()
        for b in self.bids:
            for k in range(5):
                counts[b["dateTime"] // 2000 * 2000 + TEN - 2000 * k, b["auction"]] += 1
        most = collections.Counter()
        for (end, _), n in counts.items():
            most[end] = max(most[end], n)
        expected = [(end, auction, n) for (end, auction), n in counts.items() if n == most[end]]
        self.assert_rows([pick(r, "window_end", "auction", "num") for r in self.rows("q5")], expected)

    def winners(self):
        return [(a, min(bids, key=lambda b: (-b["price"], b["dateTime"]))) for a, bids in self.in_time]

    def test_q6_the_last_ten_of_a_seller(self):
        expected = []
        for seller, sold in by(lambda pair: pair[0]["seller"], self.winners()).items():
            prices = [b["price"] for _, b in sorted(sold, key=lambda pair: pair[1]["dateTime"])]
            for n in range(1, len(prices) + 1):
                last = prices[max(0, n - 10):n]
                expected.append((seller, real(fractions.Fraction(sum(last), len(last)))))
        self.assert_rows([pick(r, "seller", "avg") for r in self.rows("q6")], expected)

    def test_q7_the_highest(self):
        expected = [b for window in by(lambda b: b["dateTime"] // TEN, self.bids).values() for b in window
                    if b["price"] == max(o["price"] for o in window)]
        names = "auction", "price", "bidder", "dateTime", "extra"
        self.assert_rows([pick(r, *names) for r in self.rows("q7")], [pick(b, *names) for b in expected])

    def test_q8_new_sellers(self):
        sellers = {(a["seller"], a["dateTime"] // TEN) for a in self.auctions}
        expected = [(p["id"], p["name"], p["dateTime"] // TEN * TEN) for p in self.persons
                    if (p["id"], p["dateTime"] // TEN) in sellers]
        self.assert_rows([pick(r, "id", "name", "window_start") for r in self.rows("q8")], expected)

    def test_q9_winning_bids(self):
        expected = [row(a["id"], a["itemName"], a["seller"], b["bidder"], b["price"], b["dateTime"])
                    for a, b in self.winners()]
        names = "id", "itemName", "seller", "bidder", "price", "bid_dateTime"
        self.assert_rows([pick(r, *names) for r in self.rows("q9")], expected)

    def test_q10_files(self):
        self.assertEqual(self.rows("q10", "out"), [])
        for name, bids in by(lambda b: minute(b["dateTime"]), self.bids).items():
            lines = (self.folder / "out" / "2015-07-15" / f"{name}.ndjson").read_text().splitlines()
            self.assertEqual([json.loads(line)["bid"] for line in lines], bids)

    def test_q11_sessions(self):
        expected = []
        for bidder, bids in by(lambda b: b["bidder"], self.bids).items():
            times = sorted(b["dateTime"] for b in bids)
            first = 0
            for n in range(1, len(times) + 1):
                if n == len(times) or times[n] - times[n - 1] > TEN:
                    expected.append((bidder, n - first, times[first], times[n - 1] + TEN))
                    first = n
        names = "bid.bidder", "bids", "window_start", "window_end"
        self.assert_rows([pick(r, *names) for r in self.rows("q11")], expected)

    def test_q12_by_the_clock(self):
        found = collections.Counter()
        for r in self.rows("q12"):
            found[r["bid.bidder"]] += r["bids"]
        self.assertEqual(found, collections.Counter(b["bidder"] for b in self.bids))

    def test_q13_a_table(self):
        with open(self.folder / "side", "w", encoding="utf-8") as file:
            file.writelines(f'{{"key":{n},"value":"v{n}"}}\n' for n in range(1100))
        expected = [pick(b, "auction", "bidder", "price") + (f"v{b['auction']}",) for b in self.bids
                    if b["auction"] < 1100]
        found = [pick(r, "auction", "bidder", "price", "value") for r in self.rows("q13", "side")]
        self.assertEqual(found, expected)

    def test_q14_kinds_of_hours(self):
        expected = []
        for b in self.bids:
            price = fractions.Fraction(b["price"] * 908, 1000)
            hour = b["dateTime"] // 3600000 % 24
            kind = ("dayTime" if 8 <= hour <= 18 else "nightTime" if hour <= 6 or hour >= 20 else "otherTime")
            if 1000000 < price < 50000000:
                expected.append((b["auction"], real(price), kind, b["extra"].count("c")))
        names = "auction", "price", "bidTimeType", "c_counts"
        self.assertEqual([pick(r, *names) for r in self.rows("q14")], expected)

    def test_q15_the_day(self):
        found, = self.rows("q15")
        self.assertEqual([found[name] for name in RANKED], ranked_numbers(self.bids))
        self.assertEqual(found["window_start"], self.bids[0]["dateTime"] // DAY * DAY)

    def test_q16_the_day_of_a_channel(self):
        expected = [(channel, minute(max(b["dateTime"] for b in bids)), *ranked_numbers(bids))
                    for channel, bids in by(lambda b: b["channel"], self.bids).items()]
        self.assert_rows([pick(r, "bid.channel", "minute", *RANKED) for r in self.rows("q16")], expected)

    def test_q17_the_day_of_an_auction(self):
        expected = []
        for auction, bids in by(lambda b: b["auction"], self.bids).items():
            prices = [b["price"] for b in bids]
            mean = real(fractions.Fraction(sum(prices), len(prices)))
            expected.append((auction, *ranked_numbers(bids)[:4], min(prices), max(prices), mean, sum(prices)))
        names = *RANKED[:4], "min_price", "max_price", "avg_price", "sum_price"
        self.assert_rows([pick(r, "bid.auction", *names) for r in self.rows("q17")], expected)

    def test_q18_the_last_bids(self):
        pairs = by(lambda b: (b["bidder"], b["auction"]), self.bids)
        expected = [row(max(reversed(bids), key=lambda b: b["dateTime"])) for bids in pairs.values()]
        self.assert_rows([row(r["bid"]) for r in self.rows("q18")], expected)

    def test_q19_the_ten_highest(self):
        expected = []
        for bids in by(lambda b: b["auction"], self.bids).values():
            best = sorted(bids, key=lambda b: (-b["price"], b["dateTime"]))[:10]
            expected += [row(n + 1, b) for n, b in enumerate(best)]
        self.assert_rows([row(r["rank"], r["bid"]) for r in self.rows("q19")], expected)

    def test_q20_bids_with_auctions(self):
        chosen = {a["id"]: a for a in self.auctions if a["category"] == 10}
        expected = [row(b, chosen[b["auction"]]) for b in self.bids if b["auction"] in chosen]
        self.assert_rows([row(r["bid"], r["right"]["auction"]) for r in self.rows("q20")], expected)

    def test_q21_channels(self):
        numbers = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
        expected = []
        for b in self.bids:
            in_url = re.search(r"(&|^)channel_id=([^&]*)", b["url"])
            number = numbers.get(b["channel"].lower(), in_url and in_url[2])
            if number is not None:
                expected.append(pick(b, "auction", "price", "channel") + (number,))
        found = [pick(r, "auction", "price", "channel", "channel_id") for r in self.rows("q21")]
        self.assertEqual(found, expected)

    def test_q22_folders(self):
        expected = [pick(b, "auction", "price") + tuple(b["url"].split("/")[3:6]) for b in self.bids]
        found = [pick(r, "auction", "price", "dir1", "dir2", "dir3") for r in self.rows("q22")]
        self.assertEqual(found, expected)


class Stream(unittest.TestCase):
    def test_any_slice_can_be_made_again(self):
        whole = events()[:300]
        generator = generate.Generator(seed=7, rate=400, group=100)
        self.assertEqual([generator.event(index) for index in range(130, 300)], whole[130:])
        kinds = collections.Counter(event["event_type"] for event in whole)
        self.assertEqual(kinds, {0: 6, 1: 18, 2: 276})


if __name__ == "__main__":
    unittest.main()
