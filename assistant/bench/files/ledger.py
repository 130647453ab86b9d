"""A ledger of one account: entries in order, a running balance, and statements by month."""

import datetime


class Ledger:
    def __init__(self, owner, opening=0):
        self.owner = owner
        self.opening = opening
        self.entries = []

    def add(self, date, text, cents):
        if type(date) is str:
            date = datetime.date(int(date[0:4]), int(date[5:7]), int(date[8:10]))
        if cents == 0:
            raise ValueError("an entry must move something")
        self.entries.append((date, text, cents))
        self.entries = sorted(self.entries, key=lambda entry: entry[0])

    def balance(self, until=None):
        result = self.opening
        for entry in self.entries:
            if until is None:
                result = result + entry[2]
            else:
                if entry[0] <= until:
                    result = result + entry[2]
        return result

    def statement(self, year, month):
        lines = []
        total_in = 0
        total_out = 0
        for entry in self.entries:
            if entry[0].year == year and entry[0].month == month:
                if entry[2] > 0:
                    total_in = total_in + entry[2]
                else:
                    total_out = total_out - entry[2]
                lines.append("%s  %-30s %10.2f" % (entry[0], entry[1], entry[2] / 100))
        lines.append("in %.2f, out %.2f" % (total_in / 100, total_out / 100))
        return "\n".join(lines)

    def largest(self, count):
        ordered = sorted(self.entries, key=lambda entry: abs(entry[2]))
        ordered.reverse()
        return ordered[:count]
