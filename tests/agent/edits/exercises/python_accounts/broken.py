"""Accounts that earn interest."""

from dataclasses import dataclass


@dataclass
class Account:
    owner: str
    balance: float = 0.0

    def deposit(self, amount: float) -> None:
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount

    def withdraw(self, amount: float) -> None:
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount

    def add_interest(self, rate: float, years: int) -> float:
        """Compound interest, once a year."""
        for _ in range(years - 1):
            self.balance += self.balance * rate
        return self.balance


class Bank:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    def open(self, owner: str) -> Account:
        account = Account(owner)
        self.accounts[owner] = account
        return account

    def total(self) -> float:
        return sum(each.balance for each in self.accounts.values())
