"""Words of disclosure that a general dictionary cuts, and words that carry no meaning in a question."""

_FIELD = """
农机补贴 购置补贴 新农合 新型农村合作医疗 门诊统筹 城乡居民 医疗救助 临时救助 大病保险 低保 特困人员
五保 公积金 住房公积金 公租房 廉租房 经济适用住房 保障性住房 棚户区 征地补偿 房屋征收 土地征收 宅基地
土地承包 招投标 政府采购 集中采购 行政许可 行政处罚 行政强制 行政复议 行政诉讼 行政事业性收费 财政预算
财政决算 三公经费 政务公开 信息公开 依申请公开 主动公开 规范性文件 应急预案 人事任免 招生考试 学籍管理
学区划分 义务教育 事业单位 公务员 营商环境 放管服 一网通办 网上办事 十二五 十三五 十四五 国民经济
统计公报 审计报告 储备粮 采砂 停车泊位 供水 供电 服务承诺 一日清单 监督电话 发文字号 索引号 人社局
发改委 卫健委 住建局
"""
_QUESTION = """
怎么 怎样 怎么样 如何 请问 什么 哪些 哪里 哪儿 哪个 多少 几 吗 呢 吧 啊 呀 么 是否 能否 可否
可以 能 能不能 可不可以 是不是 有没有 想 想要 想问 我 我们 你 你们 您 他 她 它 的 了 在 是
和 与 及 或 也 都 就 还 又 被 把 给 对 从 到 于 为 之 其 该 此 这 那 这个 那个 有 没有
要 需要 谁 何时 为什么 咨询 了解 知道 告诉 一下 谢谢 您好 你好 麻烦 关于 怎么办 办 去 由 等
所 时 个 中 后 会 应 应该 应当 如果 让
"""

FIELD_WORDS: tuple[str, ...] = tuple(_FIELD.split())

QUESTION_WORDS = frozenset(_QUESTION.split())
"""Question and courtesy words: they never cost a hit and never score."""
