//! Cues of open requests: writing, role play, small talk, questions, advice, analysis, comparison.

use super::super::kind::Kind;
use super::{Effect, Group, opening, signal, task};

pub(super) const CUES: &[Group] = &[
    // Writing.
    task(
        Kind::Writing,
        3.0,
        "写一篇|写一首|写一封|写一段|写首诗|写封信|写个故事|写一个故事|写个小说|写一份|写一则|写一条|写个|撰写|\
         作文|作一首|创作|编一个|编个故事|编写一个故事|讲一个故事|讲个故事|讲个笑话|生成一篇|生成一段|生成一个|生成一份|\
         拟一份|起草|文案|剧本|台词|歌词|诗歌|七言绝句|五言绝句|对联|散文|小说|童话|议论文|演讲稿|朋友圈|广告语|\
         标语|口号|邀请函|感谢信|求职信|推荐信|商品描述|产品描述|以此为题|为题|续写|写写|write a poem|write a story|\
         write an essay|write a letter|write an email|write a blog|write a short|write a song|\
         write me a|write me an|write an article|write a review|write a speech|write a paragraph|\
         write a report|write a description|write a script for|a short story|short story about|a poem|\
         song about|lyrics|limerick|haiku|screenplay|sonnet|fairy tale|fan fiction|fanfic|\
         blog post|cover letter|press release|product description|job description|sales copy|ad copy|\
         social media post|instagram caption|linkedin post|facebook post|tweet about|wedding speech|\
         newsletter|slogan|tagline|compose|draft an|draft a|craft a|generate a story|come up with a story|\
         tell me a story|tell me a joke|write about|resume for|biography|resignation letter",
    ),
    opening(
        Kind::Writing,
        2.0,
        "write|create a|create an|generate|draft|make a|make an|make me|produce|give me a story|i need a|i need an|\
         give me three|script|construct|prepare a|design a|sample|生成|写|设计一个|设计一份|制作|创建|描述一|请写|帮我写|给我写",
    ),
    task(
        Kind::Writing,
        1.4,
        "write|create|generate|essay|story|article|poem|email|letter|blog|speech|caption|headline|title for|\
         titles for|paragraph about|description|dialogue|conversation between|in the style of|narrative|plot|character|\
         catchy|copywriting|video script|podcast|outline for|course outline|lesson plan|presentation on|slides|\
         survey questions|interview questions|questionnaire|cv|resume|\
         文章|故事|邮件|短文|介绍信|报告|论文|标题|风格|大纲|教案|方案书|策划书|简历|合同|写|contract|recipe",
    ),
    // Role play.
    task(
        Kind::Roleplay,
        3.0,
        "扮演|角色扮演|你现在是|现在你是|假设你是|假如你是|假装你是|你将扮演|请模拟|作为一名|你是一名|你是一位|你是一个|\
         以第一人称|和我对话|的口吻|roleplay|role-play|role play|pretend to be|pretend you|pretend that you|\
         you are now|imagine you are|imagine yourself|imagine that you|if you were a|\
         stay in character|step into the shoes|play the role|take on the role|assume the identity|picture yourself|behave like|\
         simulate a|simulate an|i want you to be|talk to me as|respond as|speak like|assume the role|your name is",
    ),
    task(Kind::Roleplay, 2.0, "act as|act like|you are a|you are an"),
    task(
        Kind::Roleplay,
        1.0,
        "你会怎么|你会如何|你的角色|语气|安慰|假设你|i will be|you will be|persona|dungeon master|text adventure|\
         would you|as if you were|as a space|as a pirate",
    ),
    // Small talk.
    task(
        Kind::Chat,
        2.5,
        "你好|您好|早上好|晚上好|晚安|在吗|谢谢你|谢谢|再见|你是谁|你叫什么|你会什么|你能做什么|我很无聊|聊聊天|\
         陪我聊|我好累|hello|hi there|good morning|good evening|good night|how are you|how's it going|\
         what's up|thank you|thanks|goodbye|who are you|what's your name|what is your name|i'm bored|im bored|\
         nice to meet you|let's chat|what can you do|are you human|are you sentient|do you have feelings|\
         i feel sad|let's talk",
    ),
    opening(Kind::Chat, 0.8, "hi|hey|嗨|哈喽|嘿|can you help me"),
    // Questions of fact and explanation.
    task(
        Kind::Knowledge,
        2.0,
        "什么是|是什么|是什么意思|什么意思|为什么|是谁|是哪|在哪里|哪个国家|哪一年|什么时候|解释一下|请解释|解释|\
         的原理|原理是|的区别|有什么区别|有何区别|的定义|的作用|的历史|的含义|回答以下问题|回答下面|回答问题|下列|\
         正确的是|错误的是|不正确的|被称为|称为|是指|有哪些|如何影响|如何工作|介绍一下|简述|简介|\
         what is|what are|what was|what were|what's the|what does|who is|who was|who are|who did|\
         where is|where was|where are|when did|when was|when is|which of the following|which country|\
         which is|why do|why does|why did|why is|why are|how does|how do|how did|how is|how are|explain|\
         define|definition of|meaning of|tell me about|describe the process|describe how|what causes|what happens|\
         difference between|differences between|how it works|how they work|history of|teach me about|the capital of",
    ),
    task(
        Kind::Knowledge,
        1.5,
        "what do you see as|what do you see in",
    ),
    task(
        Kind::Knowledge,
        0.9,
        "什么|哪个|哪些|哪一|如何|怎么|怎样|谁|问题|答案|影响|知识|原因|意义|作者|朝代|historical|what|which|who|where|why|how to|\
         explain how|explain why|examples of|world|science|the correct|capital|population|invented|discovered|\
         is it true|did|does",
    ),
    // Advice and lists of ideas.
    task(
        Kind::Advice,
        2.5,
        "推荐|建议|怎么办|应该怎么|该怎么|我该|我应该|如何提高|如何避免|如何解决|如何选择|如何保持|如何准备|如何学习|\
         给我一些|给出一些|提供一些|提供几|提供一个|列出|列举|的方法|技巧|注意事项|旅行计划|制定一个|制定计划|计划表|\
         学习计划|攻略|食谱|点子|想法|解决方案|小贴士|\
         recommend|suggest|suggestion|advice|any tips|tips for|tips on|ideas for|idea for|give me ideas|\
         brainstorm|should i|what should|how can i|how should i|how can we|best way to|ways to|how to improve|\
         how to get|plan for|itinerary|meal plan|workout plan|training plan|travel plan|strategy for|\
         strategies for|strategies to|what would you|help me plan|help me choose|is there a way|\
         give me some|give me 5|give me 10|list of ideas|steps to|business ideas|names for|what are some ways|\
         list some|provide some",
    ),
    task(
        Kind::Advice,
        1.0,
        "适合|方案|步骤|计划|怎样才能|活动|最好的|for beginners|how to|plan|budget|options|idea|tip|\
         goals|best practices|topics|list|i'm going|i am going|outline",
    ),
    task(Kind::Advice, 0.5, "提供|一些|i want to"),
    // Analysis.
    task(
        Kind::Analysis,
        2.5,
        "分析|深入分析|全面分析|数据分析|市场分析|财务分析|风险评估|评估|评价一下|点评|剖析|解读|研究报告|可行性|\
         swot|pestel|市场调研|赏析|analyze|analyse|analysis of|analysis|market analysis|swot analysis|\
         risk assessment|assess the|evaluate the|critically|critique|case study|root cause|implications of|\
         interpret the|review of the literature|discuss the role|discuss the impact|investigate|feasibility",
    ),
    task(
        Kind::Analysis,
        1.0,
        "趋势|数据|报表|影响因素|利弊|前景|evaluate|assess|trend|perspective|impact of|examine|research|market|\
         performance of|dataset|quarter|revenue|growth prospects",
    ),
    // Comparison.
    task(
        Kind::Comparison,
        3.0,
        "比较一下|对比一下|比较以下|对比以下|进行比较|进行对比|的优缺点|优缺点|优劣|孰优孰劣|哪个更好|哪个好|异同|\
         相同点和不同点|compare and contrast|compare the|compare these|compared to|comparison of|comparison between|\
         pros and cons|advantages and disadvantages|which is better|which one is better|similarities and differences|\
         strengths and weaknesses|versus",
    ),
    task(
        Kind::Comparison,
        1.6,
        "比较|对比|相比|compare|comparison|contrast|vs|better than|区别与联系",
    ),
    // A picture without which the text makes no sense.
    task(
        Kind::Vision,
        4.0,
        "这张图|这幅图|这张照片|这幅画|这个图片|该图片|图片中|图片里|图中|图里|照片中|照片里|上图|下图|附图|看图|\
         截图中|截图里|图像中|画面中|识别图|这张截图|this image|this picture|this photo|this photograph|\
         this screenshot|this chart|this diagram|this graph|the attached image|attached picture|attached photo|\
         in the image|in the picture|in the photo|in this image|shown in the figure|the image above|\
         image below|picture above|picture below|the image shows|what do you see|describe the image|\
         describe the picture|look at the image|look at the picture|ocr",
    ),
    // Words that look like the above and are not.
    signal(
        Effect::Shadow,
        0.0,
        "地图中|地图里|试图中|企图中|意图中|蓝图中|看图书|上图书|下图书|\
         this image of|this picture of|this chart of accounts|计算机|计算器|积分别|比较大|比较多|比较好|比较难|\
         比较高|比较重要|比较流畅|比较适合|比较简单|比较复杂|比较容易|形象|写字楼|写作|描写|听写|手写|填写|分析师|\
         analysis paralysis|如何评价|求职|要求|需求|追求|请求|求助",
    ),
];
