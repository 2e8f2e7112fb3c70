"""Words as jieba's search mode gives them, with the field's own."""

import json
import logging
import re
import warnings
from pathlib import Path

import pytest

from analyzers.analysis import default_analyzer
from analyzers.field_words import FIELD_WORDS
from analyzers.normalization import spaced, translate
from analyzers.segmentation import MAX_TOKEN_CHARACTERS, Segmenter

_MARKED_RUN = re.compile(r"[0-9a-z][.\-_%#+&]|[.\-_%#+&][0-9a-z]|[0-9][a-z]|[a-z][0-9]")
"""Runs of digits, letters and signs, which the two implementations cut differently."""


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return default_analyzer().segmenter


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("国务院办公厅", "国务 院办 办公 国务院 办公厅 国务院办公厅"),
        ("深圳市罗湖区住房和建设局", "深圳 深圳市 罗湖 湖区 罗湖区 住房 和 建设 设局 建设局"),
        ("北京市人力资源和社会保障局", "北京 京市 北京市 人力 资源 人力资源 和 社会 保障 保障局"),
        ("国家发展和改革委员会", "国家 发展 和 改革 委员 委员会"),
        ("关于印发2011年政府信息公开工作要点的通知", "关于 印发 2011 年 政府 信息 公开 信息公开 工作 要点 的 通知"),
        ("国发〔2011〕12号", "国 发 2011 12 号"),
        ("京政办发〔2011〕12号", "京 办发 政办发 2011 12 号"),
        ("2011年5月16日", "2011 年 5 月 16 日"),
        ("二〇一一年五月十六日", "二 〇 一 一年 五月 十六 六日 十六日"),
        ("农机购置补贴实施方案", "农机 购置 补贴 购置补贴 实施 方案 实施方案"),
        ("新农合门诊统筹", "新农 农合 新农合 门诊 统筹 门诊统筹"),
        ("城乡居民医疗救助", "城乡 乡居 居民 城乡居民 医疗 救助 医疗救助"),
        ("《行政许可法》第十二条", "行政 许可 行政许可 法 第十 十二 二条 第十二 十二条 第十二条"),
        ("ＡＩ　政务，一网通办！", "ai 政务 网通 一网通 一网通办"),
        ("GB3838-2002", "gb3838 gb3838-2002"),
        ("0.10g", "10g 0.10g"),
        ("，。《》——", ""),
        ("", ""),
    ],
)
def test_search_words(segmenter: Segmenter, text: str, tokens: str) -> None:
    assert segmenter.search_words(spaced(translate(text))) == tokens.split()


@pytest.mark.parametrize("word", FIELD_WORDS)
def test_the_field_s_words_stay_whole(segmenter: Segmenter, word: str) -> None:
    assert word in segmenter.words(f"关于{word}的通知")
    assert word in segmenter.search_words(f"申请{word}需要什么材料")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("国务院办公厅", "国务院 办公厅"),
        ("农机补贴怎么申请", "农机 补贴 怎么 申请"),
        ("城乡居民基本医疗保险", "城乡 居民 基本 医疗 保险"),
        ("住房公积金", "住房 公积金"),
        ("第十二条", "第十二 十二条"),
        ("人社局", "人社局"),
        ("罗湖区", "罗湖区"),
        ("gb3838-2002", "gb3838-2002"),
    ],
)
def test_short_words_make_up_the_word(segmenter: Segmenter, text: str, words: str) -> None:
    assert segmenter.short_words(text) == words.split()


def test_a_long_token_is_cut(segmenter: Segmenter) -> None:
    for found in (segmenter.search_words("a" * 300), segmenter.words("a" * 300), segmenter.short_words("a" * 300)):
        assert set(found) == {"a" * MAX_TOKEN_CHARACTERS}


def test_each_segmenter_has_its_own_dictionary() -> None:
    plain = Segmenter()
    taught = Segmenter(["甲乙丙丁办"])
    assert "甲乙丙丁办" in taught.words("关于甲乙丙丁办的通知")
    assert "甲乙丙丁办" not in plain.words("关于甲乙丙丁办的通知")


@pytest.mark.shared
def test_the_same_tokens_as_jieba(segmenter: Segmenter, shared: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its source text, when it is compiled for the first time
        import jieba
    jieba.setLogLevel(logging.ERROR)
    reference = jieba.Tokenizer()
    reference.tmp_dir = str(tmp_path)
    for word in FIELD_WORDS:
        reference.add_word(word, 20_000, "n")
    with open(shared / "data" / "D_corpus" / "laws.jsonl", encoding="utf-8") as laws:
        paragraphs = [
            spaced(translate(line)) for law in laws for line in json.loads(law)["body"].splitlines() if line.strip()
        ]
    assert len(paragraphs) >= 20_000
    same = plain = plain_same = 0
    for text in paragraphs:
        expected = [word for word in reference.cut_for_search(text) if re.search(r"\w", word)]
        equal = segmenter.search_words(text) == expected
        same += equal
        if not _MARKED_RUN.search(text):
            plain += 1
            plain_same += equal
    assert plain >= 20_000
    assert plain_same / plain >= 0.999
    assert same / len(paragraphs) >= 0.9995, "measured: 0.99976 of 42,101"
