//! Cues of work on a given text: translating, summarising, extracting, classifying, rewriting.

use super::super::kind::Kind;
use super::{Effect, Group, opening, signal, task};

pub(super) const CUES: &[Group] = &[
    // Translation.
    task(
        Kind::Translation,
        4.0,
        "翻译成|翻译为|翻译到|译成|译为|翻译一下|翻译下面|翻译以下|翻译这|翻译给定|进行翻译|的翻译|中译英|英译中|\
         中翻英|英翻中|用英语怎么说|用英文怎么说|英文怎么说|英语怎么说|用中文怎么说|日语怎么说|法语怎么说|\
         translate the|translate this|translate to|translate into|translate it|translate from|translate my|\
         translation of|translated into|translated to|into english|into chinese|into spanish|into french|\
         into german|into japanese|into russian|into arabic|into korean|into italian|into portuguese|\
         to english|to chinese|to spanish|to french|to german|to japanese|in spanish mean|\
         how do you say|how to say in",
    ),
    task(
        Kind::Translation,
        2.5,
        "翻译|意译|直译|译文|译者|translate|translation|translator|interpreter between",
    ),
    task(
        Kind::Translation,
        0.6,
        "英文|中文|汉语|英语|法语|德语|日语|西班牙语|俄语|韩语|文言文|白话文|english|chinese|mandarin|japanese|french|german|spanish",
    ),
    signal(
        Effect::Shadow,
        0.0,
        "翻译服务|翻译公司|翻译行业|机器翻译的原理|machine translation|translation company|translation industry|\
         in english please|speak english|learn english|learning english|english teacher|english class|学英语|\
         学习英语|英语口语|英语老师",
    ),
    // Summarisation.
    task(
        Kind::Summarization,
        3.5,
        "总结一下|总结以下|总结下面|总结这|请总结|概括一下|概括以下|概括这|概括下|归纳|一句话总结|一句话概括|\
         写一个摘要|生成一段摘要|生成摘要|写摘要|的摘要|提炼|缩写成|概述以下|主要内容是什么|中心思想|会议纪要|\
         summarize|summarise|summarizing|summary of|a summary|tl;dr|tldr|sum up|in a nutshell|key points|\
         main points|key takeaways|main ideas of|executive summary|condense|bullet point summary|\
         following transcript|video transcript|meeting minutes|write an abstract|abridge",
    ),
    task(
        Kind::Summarization,
        1.5,
        "总结|概括|摘要|概要|要点|大意|主旨|简要概述|起一个标题|适当的标题|合适的标题|summary|gist|recap|\
         takeaway|synopsis|abstract|notes from|transcript",
    ),
    // Extraction.
    task(
        Kind::Extraction,
        3.5,
        "提取|抽取|摘录|找出文中|找出以下|找出下列|从中找出|从文中|识别出|实体识别|命名实体|关键词提取|提取关键词|列出文中|\
         从以下文本中|在以下文本中|extract|pull out|named entit|named entities|key phrases from|keywords from|\
         list all the names|find all the|identify all|parse the following|pick out",
    ),
    task(
        Kind::Extraction,
        1.5,
        "关键词|关键字|找出|找到|实体|结构化|字段|keyword|entities|identify the|locate|structured data|\
         from the following text|mentioned in|from the text|fill in the table",
    ),
    // Reading comprehension is counted as extraction: the answer stands in the text.
    task(
        Kind::Extraction,
        2.5,
        "根据以下文章|根据文章|根据以下文本|根据短文|阅读以下|阅读下面|阅读短文|阅读理解|文章内容|根据材料|根据上文|\
         根据以下内容|根据给定|read the passage|read the following|based on the passage|according to the passage|\
         according to the text|based on the following|based on the text|answer the questions based|\
         given the context|context:|use the following context|the passage below|article below|选项中选择",
    ),
    // Classification.
    task(
        Kind::Classification,
        3.5,
        "分类|归类|属于哪一类|哪个类别|情感分析|情感倾向|判断情感|正面还是负面|正面、负面|积极还是消极|积极或消极|垃圾邮件|\
         是否为垃圾|classify|categorize|categorise|categorization|classification of the|sentiment of|\
         sentiment analysis|positive or negative|positive, negative|label the|label each|spam or not|\
         which category|what category|rank the|rank these|in alphabetical order|alphabetically|chronological order|smallest to largest|is this spam|hate speech|group the following|sort these into",
    ),
    task(
        Kind::Classification,
        1.8,
        "类别|分为|分成|判断以下|判断下列|判断下面|判断这|是否属于|标签|打标签|还是中性|属于什么|属于哪|category|categories|sentiment|\
         tell whether|determine whether|determine if|true or false|yes or no|topic of|themes from|\
         main themes|is it a|toxicity|fruit or",
    ),
    // Rewriting.
    task(
        Kind::Rewriting,
        3.5,
        "改写|重写|重新写|润色|修正|缩短|改进以下|合并成|合并以下|改成|改为|修改以下|修改下|修改这|编辑以下|编辑下|扩写|缩写|续写以下|仿写|换一种说法|换句话说|\
         使其更|使它更|使得它|让它更|更加简洁|更简洁|更加流畅|更正式|更口语|语法错误|纠正|改正|病句|错别字|\
         标点符号|校对|重新表述|重新组织|重新排列|语气改|把下面|rewrite|re-write|rephrase|reword|paraphrase|\
         proofread|polish|make it more|make this more|make it sound|make this sound|make it shorter|\
         make it longer|shorten this|shorten the|more concise|more professional|more formal|\
         correct the grammar|correct my|grammar mistake|grammatical error|fix the grammar|improve the following|\
         improve this|improve my writing|edit the following|edit this|simplify this|simplify the following|\
         change the tone|in other words|convert this text|expand this|reimagine|turn the following text|transform the following",
    ),
    task(
        Kind::Rewriting,
        1.5,
        "简化|替换|下面的句子|以下句子|这句话|这段文字|下文|原文|grammar|sounds better|clearer|easy-to-read|tone|this paragraph|\
         following paragraph|following sentence|this sentence|improve|edit|revise|convert the following",
    ),
    opening(
        Kind::Rewriting,
        1.5,
        "make this|make the following|fix this sentence|correct",
    ),
];
