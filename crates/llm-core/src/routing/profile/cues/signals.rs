//! Cues that say how demanding a request is and what goes with it.

use super::{Effect, Group, signal};

pub(super) const CUES: &[Group] = &[
    signal(
        Effect::Depth,
        1.0,
        "详细|详尽|深入|全面|系统地|系统性|完整地|多角度|多方面|各个方面|透彻|细致|具体说明|逐步|in detail|detailed|\
         in depth|in-depth|comprehensive|comprehensively|thorough|thoroughly|at length|extensive|extensively|\
         elaborate on|from multiple perspectives|all aspects|every aspect|deep dive|exhaustive",
    ),
    signal(
        Effect::Demand,
        1.0,
        "证明|推导|论证|求证|研究生|博士|专家级|高级|复杂|优化算法|架构设计|系统设计|最优|prove|derive|rigorous|proof|\
         phd|graduate level|expert level|advanced|complex|system design|architecture|optimal|trade-off|\
         trade-offs|multi-step|state of the art|asymptotic|np-hard|distributed system",
    ),
    signal(
        Effect::Demand,
        0.5,
        "解释|原理|机制|策略|分析|评估|设计|为什么|如何实现|影响|explain|why|analyze|analyse|evaluate|design|strategy|\
         mechanism|implications|implement|critically|compare|reasoning|规划|论文|优缺点|应用|essay|\
         advantages and disadvantages|pros and cons|principles|applications",
    ),
    signal(
        Effect::Demand,
        -0.8,
        "简单|简要|简短|简述|一句话|一个词|几句话|简洁地|大概|快速回答|briefly|brief|in one sentence|in a sentence|one word|short answer|\
         quick question|simple|simply|in simple terms|just tell me|like i'm five|like i'm 5|yes or no|tl;dr",
    ),
    signal(
        Effect::Limit,
        1.0,
        "不超过|不少于|至少|最多|必须|不要|不得|不能|要求|字以内|字左右|格式|按照|包括|包含|同时|并且|分别|\
         at least|at most|no more than|no fewer than|must|do not|don't|should not|without using|make sure|\
         ensure|include|including|in the format|the following format|exactly|only use|constraint|requirements|\
         as well as|bullet points|markdown table|step by step",
    ),
    signal(
        Effect::Question,
        1.0,
        "什么|为什么|怎么|怎样|如何|哪|谁|吗|多少|几|是否|what|why|how|which|who|whom|whose|where|when",
    ),
    signal(
        Effect::Sound,
        1.0,
        "这段录音|这段音频|这段语音|音频中|录音中|录音里|this recording|this audio|the attached audio|audio clip|\
         in the recording|the attached recording|voice memo",
    ),
    signal(
        Effect::Document,
        1.0,
        "这份文件|这份文档|这个文件|这个pdf|这份pdf|附件|上传的文件|上传的文档|attached file|attached document|attached pdf|\
         this pdf|the uploaded file|uploaded document|in the attachment",
    ),
    signal(
        Effect::GoesOn,
        1.0,
        "继续|接着|接着说|接着写|往下说|然后呢|还有吗|还有呢|再来一个|再来一次|再说一遍|再写一个|换一个|展开说说|说得更详细|再详细一点|\
         go on|continue|keep going|carry on|next one|tell me more|more please|another one|one more|again|\
         and then|what else|anything else|elaborate|go ahead|try again|please proceed|proceed",
    ),
];
