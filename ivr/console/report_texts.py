"""The texts of the reports page."""

from __future__ import annotations

from collections.abc import Mapping

REPORT_TEXTS: Mapping[str, tuple[str, str]] = {
    "reports.title": ("报表", "Reports"),
    "reports.period": ("时间范围", "Period"),
    "reports.from": ("从", "From"),
    "reports.to": ("到", "To"),
    "reports.show": ("查看", "Show"),
    "reports.today": ("今天", "Today"),
    "reports.days": ("最近 {days} 天", "Last {days} days"),
    "reports.kinds": ("报表种类", "Kind of report"),
    "reports.by_day": ("按日", "By day"),
    "reports.by_step": ("按步骤", "By step"),
    "reports.by_queue": ("按队列", "By queue"),
    "reports.by_topic": ("按主题", "By topic"),
    "reports.by_agent": ("按客服", "By agent"),
    "reports.csv": ("下载表格（CSV）", "Download (CSV)"),
    "reports.as_table": ("以表格显示", "Show as a table"),
    "reports.nothing": ("这段时间没有数据。", "Nothing happened in these days."),
    "reports.summary": ("概览", "In short"),
    "reports.head_calls": ("来电", "Calls"),
    "reports.head_contained_percent": ("自助解决", "Answered without a person"),
    "reports.head_person": ("人工接听", "Reached a person"),
    "reports.head_abandoned": ("排队时放弃", "Gave up in a queue"),
    "reports.head_wait_median": ("等待中位数", "Median wait"),
    "reports.head_service_level": ("20 秒内接听", "Answered within 20 s"),
    "reports.head_callbacks_kept": ("已回电", "Callbacks kept"),
    "reports.head_score_average": ("评价平均分", "Survey average"),
    "reports.calls": ("每日来电及结果", "Calls per day, and how they came out"),
    "reports.calls_about": (
        "每通来电只计一个结果，归入来电开始的那一天。",
        "Each call has one outcome, and belongs to the day on which it began.",
    ),
    "reports.waits": ("等候人工的时间", "Waits for a person"),
    "reports.gave_up": ("来电者在哪里放弃", "Where callers give up"),
    "reports.gave_up_about": (
        "在此处挂机、且未得到答复的来电。",
        "Calls that ended here, by the caller, before anything was answered.",
    ),
    "reports.left": ("留待处理与评价", "What was left, and surveys"),
    "reports.too_long": (
        "页面最多显示 {days} 天，已从结束日期往前截取。更长的时间请使用 ivr report 命令。",
        "A page shows {days} days at most, so these are the last ones. For more, use the command ivr report.",
    ),
    "reports.gone": (
        "{calls} 通来电的通话记录已超过保存期限，其结果、步骤、等候、短信和评价不详。",
        "The transcripts of {calls} calls are no longer kept: their outcomes, steps, waits, texts and surveys are "
        "unknown.",
    ),
    "reports.group_contained": ("自助解决", "Answered without a person"),
    "reports.group_person": ("人工接听", "A person"),
    "reports.group_promised": ("已留待处理", "Promised"),
    "reports.group_lost": ("未解决", "Not helped"),
    "reports.group_other": ("其他", "Other"),
    "reports.median": ("中位数", "Median"),
    "reports.ninety": ("90% 不超过", "90% within"),
    "reports.no_topic": ("未进入主题", "No topic"),
}
