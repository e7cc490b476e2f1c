"""The people of the demo wallet: who they are, what happened to them, and what is worth trying as each of them.

Made up throughout. The first two have everything, one Chinese and one English; each of the others has one trouble.
Chinese people have Chinese mobile numbers, English ones have numbers that Ofcom keeps for fiction. A PIN is the last
six digits of the account number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ivr.hotline.back_office import Names
from ivr.hotline.demo import Try
from ivr.wallet import demo_money
from ivr.wallet.demo_money import CARD, When, yuan
from ivr.wallet.model import Balance, Customer, IncomingTransfer, Limits, Outage, Payment, Refund, Repayment, Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up customer with all that the wallet knows.

    card_tail, document_tail: the last four digits of the linked bank card and of the identity document. fault: "" or
    what happens to every look-up of money, such as "slow 12 s".
    """

    customer: Customer
    situation: Names
    pin: str = field(repr=False)
    card_tail: str = CARD
    document_tail: str
    limits: Limits = demo_money.LIMITS
    balance: Balance = demo_money.BALANCE
    devices: int = 1
    payments: tuple[Payment, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    refunds: tuple[Refund, ...] = ()
    repayments: tuple[Repayment, ...] = ()
    incoming_transfers: tuple[IncomingTransfer, ...] = ()
    outage: Outage | None = None
    fault: str = ""
    tries: tuple[Try, ...] = ()


@lru_cache(maxsize=16)
def people(when: When) -> tuple[Person, ...]:
    """Everybody, by account number from 62220001 on, as seen from this moment."""
    rows = (
        *_with_everything(when),
        *_locked(when),
        *_signing_in(when),
        *_with_one_trouble(),
        *_behind_faults(),
        *_sent_money(),
    )
    return tuple(_person(when, number, row) for number, row in enumerate(rows, start=1))


def account_number(number: int) -> str:
    return f"6222{number:04d}"


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What is particular about a person; odd rows are Chinese people, even ones English.

    customer: fields of the customer. money: by handler, the outcomes that there is a transaction for, the latest first.
    purchases: also has payments that went through. tries: worth trying besides what is in `money`.
    """

    zh: str
    en: str
    situation: Names
    customer: Mapping[str, Any] = field(default_factory=dict)
    money: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    purchases: bool = False
    balance: Balance = demo_money.BALANCE
    devices: int = 1
    outage: Outage | None = None
    fault: str = ""
    tries: tuple[Try, ...] = ()


def _with_everything(when: When) -> tuple[_Row, ...]:
    everything = {handler: tuple(make(when, 0)) for handler, make in _MAKERS.items()}
    situation = {
        "zh": "账户正常；每一种付款、提现、退款、还款都有一笔",
        "en": "account in order; has a payment, withdrawal, refund and repayment of every kind",
    }
    tries = (
        Try(handler="locked_account", outcome="not_locked"),
        Try(handler="login", outcome="fine"),
        Try(handler="reset_link", outcome="sent"),
        Try(handler="reset_link", outcome="mailed", given={"channel": "email"}),
        Try(handler="repayment", outcome="pending", given={"bill": "card"}),
        Try(handler="repayment", outcome="failed_balance", given={"bill": "loan"}),
        Try(handler="repayment", outcome="booked", given={"bill": "utility"}),
        Try(handler="recent_payment", outcome="payment"),
        Try(handler="balance", outcome="held"),
        *(
            Try(handler="transfer_error", outcome=meaning, given={"error": code})
            for code, meaning in demo_money.TRANSFER_ERRORS.items()
        ),
        Try(handler="transfer_error", outcome="not_found", given={"error": "9999"}),
        Try(handler="my_limits", outcome="told"),
        Try(handler="lost_phone", outcome="backup"),
        Try(handler="sign_out", outcome="signed_out"),
    )
    return tuple(
        _Row(
            zh=zh, en=en, situation=situation, customer={"backup_on": when.day(-1)}, money=everything, purchases=True,
            balance=demo_money.BUSY, devices=2, tries=tries,
        )
        for zh, en in (("王小明", "Wang Xiaoming"), ("艾玛·克拉克", "Emma Clarke"))
    )  # fmt: skip


def _locked(when: When) -> tuple[_Row, ...]:
    locked = {"status": "locked", "locked_at": when.at(-1, "21:30")}

    def why(outcome: str) -> Try:
        return Try(handler="locked_account", outcome=outcome)

    passwords = {**locked, "lock_reason": "passwords", "locked_at": when.now, "unlocks_at": when.soon(40)}
    unlock = Try(handler="unlock", outcome="unlocked")
    refused = Try(handler="unlock", outcome="refused")
    no_link = Try(handler="reset_link", outcome="locked")
    return (
        _Row(
            zh="李娜", en="Li Na",
            situation={"zh": "密码输错太多次，被锁定", "en": "locked after too many wrong passwords"},
            customer=passwords, tries=(why("passwords"), unlock, Try(handler="login", outcome="locked")),
        ),
        _Row(
            zh="詹姆斯·库珀", en="James Cooper",
            situation={"zh": "密码输错太多次，被锁定", "en": "locked after too many wrong passwords"},
            customer=passwords, tries=(why("passwords"), unlock),
        ),
        _Row(
            zh="张伟", en="Zhang Wei",
            situation={"zh": "因一笔异常大额付款被锁定", "en": "locked after an unusually large payment"},
            customer={**locked, "lock_reason": "large_payment", "lock_amount": yuan("19800.00")},
            tries=(why("large_payment"), refused, no_link, Try(handler="lost_phone", outcome="locked")),
        ),
        _Row(
            zh="奥利维亚·里德", en="Olivia Reed",
            situation={"zh": "在新地点登录后被锁定", "en": "locked after a sign-in from a new place"},
            customer={
                **locked, "lock_reason": "new_place", "lock_place": {"zh": "里斯本", "en": "Lisbon"},
            },
            tries=(why("new_place"), refused),
        ),
        _Row(
            zh="刘洋", en="Liu Yang",
            situation={
                "zh": "违反条款被锁定，需补交身份证明",
                "en": "locked under the terms; identity document missing",
            },
            customer={**locked, "lock_reason": "terms", "documents": "identity", "documents_due_on": when.day(14)},
            tries=(why("terms_identity"), refused),
        ),
        _Row(
            zh="哈里·沃尔什", en="Harry Walsh",
            situation={
                "zh": "违反条款被锁定，需说明资金来源",
                "en": "locked under the terms; proof of funds missing",
            },
            customer={**locked, "lock_reason": "terms", "documents": "funds", "documents_due_on": when.day(10)},
            tries=(why("terms_funds"),),
        ),
        _Row(
            zh="陈静", en="Chen Jing",
            situation={"zh": "本人已冻结账户", "en": "has frozen the account herself"},
            customer={"status": "frozen", "locked_at": when.at(-1, "22:05")},
            tries=(why("frozen"), refused, Try(handler="reset_link", outcome="sent")),
        ),
        _Row(
            zh="露西·哈特", en="Lucy Hart",
            situation={"zh": "账户尚未激活", "en": "has not activated the account yet"},
            customer={"status": "inactive"},
            tries=(why("inactive"), Try(handler="withdrawal_failure", outcome="locked")),
        ),
        _Row(
            zh="赵磊", en="Zhao Lei",
            situation={
                "zh": "账户被锁定，原因只有人工能查",
                "en": "locked for a reason that only a person can tell",
            },
            customer={**locked, "lock_reason": "court"},
            tries=(why("locked"),),
        ),
    )  # fmt: skip


def _signing_in(when: When) -> tuple[_Row, ...]:
    def login(outcome: str) -> Try:
        return Try(handler="login", outcome=outcome)

    return (
        _Row(
            zh="诺亚·贝尔", en="Noah Bell",
            situation={"zh": "登录设备已达上限", "en": "signed in on as many devices as allowed"},
            customer={"login_trouble": "devices"}, devices=3,
            tries=(login("devices"), Try(handler="sign_out", outcome="signed_out")),
        ),
        _Row(
            zh="黄丽", en="Huang Li",
            situation={"zh": "用户名或密码输错", "en": "has entered a wrong name or password"},
            customer={"login_trouble": "password"},
            tries=(login("password"), Try(handler="reset_link", outcome="sent")),
        ),
        _Row(
            zh="格蕾丝·李", en="Grace Lee",
            situation={"zh": "碰上登录系统故障，恢复时间已知", "en": "hit by a sign-in outage, known until when"},
            outage=Outage(service="login", until=when.soon(90)),
            tries=(login("outage"), Try(handler="outage", outcome="outage", given={"service": "login"})),
        ),
        _Row(
            zh="周涛", en="Zhou Tao",
            situation={
                "zh": "碰上登录系统故障，恢复时间未知",
                "en": "hit by a sign-in outage, nobody knows until when",
            },
            outage=Outage(service="login"),
            tries=(login("outage_open"), Try(handler="outage", outcome="outage_open", given={"service": "login"})),
        ),
        _Row(
            zh="杰克·莫里斯", en="Jack Morris",
            situation={"zh": "没有登记邮箱，也没有云端备份", "en": "has no e-mail address and no cloud backup"},
            customer={"email": ""},
            tries=(
                Try(handler="reset_link", outcome="no_email", given={"channel": "email"}),
                Try(handler="lost_phone", outcome="no_backup"),
            ),
        ),
    )  # fmt: skip


def _with_one_trouble() -> tuple[_Row, ...]:
    def row(zh: str, en: str, situation: Names, handler: str, outcome: str) -> _Row:
        return _Row(zh=zh, en=en, situation=situation, money={handler: (outcome,)})

    charged = {"zh": "最近一笔付款已扣款，但商家没有收到", "en": "latest payment was charged but never received"}
    unfinished = {
        "zh": "最近一笔提现失败：身份认证未完成",
        "en": "latest withdrawal failed: identity check not finished",
    }
    channel = {"zh": "最近一笔提现失败：银行通道故障", "en": "latest withdrawal failed: the bank is out of order"}
    overdue = {"zh": "最近一笔退款逾期未到", "en": "latest refund is overdue"}
    refused = {"zh": "最近一笔退款被拒：缺少凭证", "en": "latest refund was refused: proof missing"}
    fee = {"zh": "按时还款，却被收了滞纳金", "en": "charged a late fee for a repayment made in time"}
    failed = {"zh": "最近一次缴费失败：户号不对", "en": "latest bill failed: wrong customer number"}
    return (
        row("吴倩", "Wu Qian", charged, "failed_payment", "not_received"),
        row("艾米莉·斯通", "Emily Stone", unfinished, "withdrawal_failure", "identity"),
        row("郑浩", "Zheng Hao", channel, "withdrawal_failure", "channel"),
        row("查理·福克斯", "Charlie Fox", overdue, "refund", "overdue"),
        row("孙悦", "Sun Yue", refused, "refund", "refused_proof"),
        row("梅·欧文", "May Owen", fee, "repayment", "late_fee"),
        row("钱程", "Qian Cheng", failed, "repayment", "failed_number"),
        _Row(
            zh="艾拉·诺斯", en="Ella North",
            situation={"zh": "有一笔凌晨付款不是本人操作", "en": "did not make a payment in the small hours"},
            purchases=True,
            tries=(
                Try(handler="freeze", outcome="frozen", given={"account": account_number(24), "tail": CARD}),
                Try(handler="freeze", outcome="not_matched", given={"account": account_number(24), "tail": "0000"}),
                Try(handler="recent_payment", outcome="payment"),
                Try(handler="report_payment", outcome="reported", given={"reference": "223123"}),
            ),
        ),
        _Row(
            zh="何雨", en="He Yu",
            situation={"zh": "新账户，什么记录都没有", "en": "a new account with no records at all"},
            balance=demo_money.EMPTY,
            tries=tuple(
                Try(handler=handler, outcome=outcome)
                for handler, outcome in (
                    ("failed_payment", "not_found"), ("withdrawal_failure", "not_found"), ("refund", "not_found"),
                    ("repayment", "not_found"), ("incoming", "not_found"), ("balance", "told"),
                    ("recent_payment", "no_more"), ("claim", "none"),
                )
            ),
        ),
    )  # fmt: skip


def _behind_faults() -> tuple[_Row, ...]:
    return (
        _Row(
            zh="罗斯·巴克", en="Rose Barker", fault="always",
            situation={"zh": "查询账目时，后台总是没有回应", "en": "look-ups of her money never answer"},
        ),
        _Row(
            zh="林峰", en="Lin Feng", fault="slow 12 s",
            situation={"zh": "查询账目时，后台要十二秒才回应", "en": "look-ups of his money take 12 seconds"},
        ),
        _Row(
            zh="汤姆·布莱克", en="Tom Black", customer={"factors": ("code",)},
            situation={"zh": "没有电话密码，只能用短信验证码", "en": "has no phone PIN, only texted codes"},
        ),
    )  # fmt: skip


def _sent_money() -> tuple[_Row, ...]:
    return (
        _Row(
            zh="马超", en="Ma Chao", money={"incoming": ("overdue",)},
            situation={"zh": "公司转来的钱逾期未到", "en": "money from the employer is overdue"},
        ),
        _Row(
            zh="艾薇·格林", en="Ivy Green", money={"incoming": ("returned_identity",)},
            situation={
                "zh": "别人转来的钱被退回：身份认证未完成",
                "en": "money sent to her was returned: identity check not finished",
            },
        ),
    )  # fmt: skip


# --- from a row to a person ----------------------------------------------------------------------------------------

_MAKERS: Mapping[str, Callable[[When, int], Mapping[str, Any]]] = {
    "failed_payment": demo_money.payments,
    "withdrawal_failure": demo_money.withdrawals,
    "refund": demo_money.refunds,
    "repayment": demo_money.repayments,
    "incoming": demo_money.incoming_transfers,
}


def _person(when: When, number: int, row: _Row) -> Person:
    account, series = account_number(number), number - 1
    customer = Customer(
        account=account,
        names={"zh": row.zh, "en": row.en},
        phone=f"+86138001380{series:02d}" if number % 2 else f"+4477009000{number:02d}",
        email=f"customer{number}@mail.example",
    )

    money = {
        handler: [(outcome, made[outcome]) for outcome in outcomes]
        for handler, outcomes in row.money.items()
        for made in (_MAKERS[handler](when, series),)
    }

    def listed(handler: str) -> tuple[Any, ...]:
        return tuple(one for _, one in money.get(handler, ()))

    payments = listed("failed_payment")
    if row.purchases:
        payments += demo_money.purchases(when, series)
    return Person(
        customer=replace(customer, **row.customer),
        situation=row.situation,
        pin=account[-6:],
        document_tail=str(2200 + number),
        balance=row.balance,
        devices=row.devices,
        payments=tuple(sorted(payments, key=lambda payment: payment.paid_at, reverse=True)),
        withdrawals=listed("withdrawal_failure"),
        refunds=listed("refund"),
        repayments=listed("repayment"),
        incoming_transfers=listed("incoming"),
        outage=row.outage,
        fault=row.fault,
        tries=(*row.tries, *_tries(money)),
    )


def _tries(money: Mapping[str, Sequence[tuple[str, Any]]]) -> Iterator[Try]:
    """The latest of each kind without a number, and each by its number."""
    for handler, made in money.items():
        yield Try(handler=handler, outcome=made[0][0])
        for outcome, one in made:
            yield Try(handler=handler, outcome=outcome, given={"reference": one.reference})
