#!/usr/bin/env python3
"""Writes the events of NEXMark, an auction house: persons, auctions and bids in one stream.

    generate.py [--events N] [--seed S] [--rate R] [--group G] [--first I] > events.ndjson

A person, three auctions and 46 bids of each 50 events, by the rules and numbers of Beam and nexmark/nexmark.
Event number i is a function of the options and of i alone (a hash of the seed, i and the number of the
choice), so that any slice can be made again.  With --group G each run of G events comes in a shuffled order
(G is no multiple of 953).  Times are in milliseconds.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import json
import math
import sys

FIRST = 1000  # the first number of a person and of an auction
BASE = 1436918400000  # 2015-07-15
MASK = (1 << 64) - 1
NAMES = "Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter".split()
SURNAMES = "Shultz Abrams Spencer White Bartels Walton Smith Jones Noris".split()
CITIES = ("Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle",
          "Kent", "Cheyenne")
STATES = "AZ CA ID OR WA WY".split()
CHANNELS = "Google Facebook Baidu Apple".split()


class Choices:
    """The random choices of one event."""

    def __init__(self, seed, number):
        self.state = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03) & MASK

    def below(self, n):
        """One of 0 to n - 1, by splitmix64."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) * n) >> 64

    def price(self):
        return round(math.pow(10, self.below(1 << 53) / (1 << 53) * 6) * 100)

    def text(self, longest, special=" "):
        letters = "abcdefghijklmnopqrstuvwxyz"
        length = 3 + self.below(longest - 3)
        return "".join(special if self.below(13) == 0 else letters[self.below(26)]
                       for _ in range(length)).strip()


def last_person(number):
    return number // 50


def last_auction(number):
    offset = number % 50
    return number // 50 * 3 + (-1 if offset < 1 else min(offset, 3) - 1)


def any_person(choices, number):
    persons = last_person(number) + 1
    active = min(persons, 1000)
    return persons - active + choices.below(active + 10) + FIRST


def any_auction(choices, number):
    newest = last_auction(number)
    oldest = max(newest - 100, 0)
    return oldest + choices.below(newest - oldest + 11) + FIRST


class Generator:
    def __init__(self, seed, rate, group):
        self.seed, self.delay, self.group = seed, 1e6 / rate, group

    def time(self, number):
        return BASE + math.floor(number * self.delay / 1000)

    def event(self, index):
        number = index // self.group * self.group + index * 953 % self.group
        choices = Choices(self.seed, number)
        kind = number % 50
        if kind < 1:
            return {"event_type": 0, "person": self.person(choices, number)}
        if kind < 4:
            return {"event_type": 1, "auction": self.auction(choices, number)}
        return {"event_type": 2, "bid": self.bid(choices, number)}

    def person(self, choices, number):
        return {
            "id": last_person(number) + FIRST,
            "name": f"{NAMES[choices.below(11)]} {SURNAMES[choices.below(9)]}",
            "emailAddress": f"{choices.text(7)}@{choices.text(5)}.com",
            "creditCard": " ".join(f"{choices.below(10000):04d}" for _ in range(4)),
            "city": CITIES[choices.below(10)],
            "state": STATES[choices.below(6)],
            "dateTime": self.time(number),
            "extra": choices.text(80),
        }

    def auction(self, choices, number):
        if choices.below(4) > 0:
            seller = last_person(number) // 100 * 100 + FIRST
        else:
            seller = any_person(choices, number)
        lowest = choices.price()
        # The time until a hundred more auctions exist.
        horizon = self.time(number + 100 * 50 // 3) - self.time(number)
        return {
            "id": last_auction(number) + FIRST,
            "itemName": choices.text(20),
            "description": choices.text(100),
            "initialBid": lowest,
            "reserve": lowest + choices.price(),
            "dateTime": self.time(number),
            "expires": self.time(number) + 1 + choices.below(max(2 * horizon, 1)),
            "seller": seller,
            "category": 10 + choices.below(5),
            "extra": choices.text(200),
        }

    def bid(self, choices, number):
        if choices.below(2) > 0:
            auction = last_auction(number) // 100 * 100 + FIRST
        else:
            auction = any_auction(choices, number)
        if choices.below(4) > 0:
            bidder = last_person(number) // 100 * 100 + 1 + FIRST
        else:
            bidder = any_person(choices, number)
        price = choices.price()
        if choices.below(2) > 0:
            channel = CHANNELS[choices.below(4)]
            url = f"https://www.nexmark.com/{channel.lower()}/hot/item/item.htm?query=1"
        else:
            k = choices.below(10000)
            words = Choices(self.seed, k + (1 << 40))
            channel = f"channel-{k}"
            url = "https://www.nexmark.com/" + "".join(words.text(5, "_") + "/" for _ in range(3))
            url += "item.htm?query=1"
            if words.below(10) > 0:
                url += f"&channel_id={int(f'{k:032b}'[::-1], 2) & 0x7FFFFFFF}"
        return {"auction": auction, "bidder": bidder, "price": price, "channel": channel, "url": url,
                "dateTime": self.time(number), "extra": choices.text(60)}


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--events", type=int, default=100000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--rate", type=float, default=1000, help="events per second of event time")
    words.add_argument("--group", type=int, default=1, help="events that come in a shuffled order")
    words.add_argument("--first", type=int, default=0, help="the number of the first event")
    options = words.parse_args()
    generator = Generator(options.seed, options.rate, options.group)
    for index in range(options.first, options.first + options.events):
        event = json.dumps(generator.event(index), separators=(",", ":"))
        sys.stdout.write(event + "\n")


if __name__ == "__main__":
    main()
