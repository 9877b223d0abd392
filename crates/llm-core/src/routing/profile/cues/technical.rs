//! Cues of mathematics, programming and reasoning.

use super::super::kind::Kind;
use super::{Group, opening, task};

pub(super) const CUES: &[Group] = &[
    // Mathematics.
    task(
        Kind::Math,
        3.0,
        "解方程|解不等式|方程组|求导|求极限|求积分|定积分|不定积分|二次方程|一元二次|因式分解|勾股定理|\
         鸡兔同笼|最小公倍数|最大公约数|solve for|solve the equation|quadratic equation|find the derivative|\
         differential equation|system of equations|square root of|greatest common divisor|\
         least common multiple|prove that|evaluate the integral|linear equation",
    ),
    task(
        Kind::Math,
        2.0,
        "方程|函数f|设函数|多项式|导数|微积分|积分|矩阵|向量|行列式|特征值|概率是|的概率|排列组合|数列|\
         等差|等比|三角形|平行四边形|正方体|长方体|立方体|圆柱|圆锥|半径|直径|周长|面积是|表面积|体积|\
         平方厘米|平方米|立方|千克|厘米|求证|证明|定理|计算出|列式计算|口算|等于几|等于多少|加上|乘以|除以|\
         一共有多少|共有多少|还剩|剩下多少|多少元|多少种|多少千克|多少个|多少钱|是多少平方|平均每|\
         equation|derivative|integral|theorem|polynomial|factorial|logarithm|matrix|vector|eigenvalue|\
         triangle|hypotenuse|radius|circumference|perimeter|probability that|probability of|permutation|\
         combinatorics|modulo|arithmetic|algebra|calculus|trigonometry|geometric series|real numbers|\
         integer solution|divisible by|how much money|in total|altogether|percent of",
    ),
    task(
        Kind::Math,
        1.2,
        "多少|计算|求出|求|已知|已知函数|整数|自然数|素数|质数|分数|小数|百分之|多少个人|最大值|最小值|平均|倍|几分之几|\
         每小时|路程|抛掷|骰子|calculate|compute|solve|how many|how much|per hour|per day|per week|\
         each day|twice as many|times as many|as many as|half as|remaining|left over|average of|sum of|\
         product of|ratio|fraction|prime number|prime|integer|sin|cos|tan|sqrt|dice|coin flip|cost in total|\
         miles|dollars|cents",
    ),
    task(
        Kind::Math,
        0.6,
        "数学|一共|总共|每天|每人|速度|math|maths|mathematics|more than|less than|equal",
    ),
    // Programming.
    task(
        Kind::Code,
        3.0,
        "写代码|编写代码|写一段代码|写一个函数|编写一个函数|编写函数|写个函数|写一个程序|编写一个程序|编写程序|\
         写个程序|写一个脚本|写个脚本|写一个类|写一个方法|这段代码|以下代码|下面的代码|代码片段|源代码|代码审查|重构|单元测试|\
         调试|报错|正则表达式|快速排序|冒泡排序|二叉树|链表|数据结构|时间复杂度|sql语句|sql查询|\
         write a function|write a python|write a method|write a class|write a matlab|write a java|write an sql|write a sql|write a query|write a c program|write a c++|write a regex|write a program|write a script|write code|write the code|\
         write some code|code to|python code|python function|python script|python program|java program|\
         source code|code snippet|this code|following code|the code|code review|unit test|refactor|\
         stack trace|traceback|vs code|syntax error|compile error|segmentation fault|regular expression|regex|\
         quicksort|bubble sort|binary search tree|linked list|time complexity|sql query|null pointer|\
         implement a function|implement a class|rest api|dockerfile|css class|html page|a bash script|\
         bash command|shell script|leetcode",
    ),
    task(
        Kind::Code,
        2.0,
        "代码|编程|函数名|返回值|变量|数组|字符串|循环|递归|算法|接口|编译|脚本|爬虫|前端|后端|数据库|命令行|\
         python|javascript|typescript|java|c++|c#|golang|rust|kotlin|php|ruby|matlab|html|css|sql|mysql|\
         postgres|mongodb|react native|react component|react app|reactjs|vue|angular|node.js|nodejs|django|flask app|spring boot|kubernetes|docker|docker image|\
         github|git|linux|bash script|bash|powershell|vba|excel formula|api|json|yaml|xml|debug|coding|compiler|algorithm|\
         recursion|recursive|programming|code|function that|a function to|given an array|given a string|\
         array|tuple|stdin|localhost|npm|webpack|pandas|numpy|pytorch|tensorflow|\
         flutter|swiftui|android studio|unity|regexes|endpoint|backend|frontend|repository|latex code",
    ),
    task(
        Kind::Code,
        1.0,
        "实现一个|函数|程序|输入示例|输出示例|function|variable|loop|bug|exception|library|framework|database|\
         server|query|parameter|returns|string|list of integers|react|flask",
    ),
    task(
        Kind::Code,
        0.5,
        "排序|class|method|implement|script|input|output",
    ),
    opening(Kind::Math, 2.5, "prove|show that|证明|求证"),
    opening(
        Kind::Code,
        2.0,
        "def |import |#include|public class|select *|<html|<!doctype",
    ),
    // Reasoning.
    task(
        Kind::Reasoning,
        3.0,
        "推理题|逻辑推理|逻辑题|脑筋急转弯|真话|假话|说谎|说真话|谁是凶手|作案|嫌疑人|由此可以推出|可以推出|\
         可同真|可同假|三段论|如果所有|那么所有|logic puzzle|logical puzzle|riddle|brain teaser|brainteaser|\
         truth teller|always lies|always tells the truth|who is the culprit|deduce|syllogism|logically follow|\
         lives in a different house|houses in a row|next to each other|each person has a different|\
         knights and knaves|trolley problem|monty hall",
    ),
    task(
        Kind::Reasoning,
        2.0,
        "逻辑|推理|推断|推出|推论|谜语|谜题|猜谜|前提|充分条件|必要条件|论证|结论是否|悖论|下列哪项|如果为真|\
         如果上述|最能支持|最能削弱|过河|只有一个人|有三个人|甲、乙、丙|甲乙丙|甲说|乙说|丙说|谁在|座位|\
         排在|第几|logic|logical|reasoning|puzzle|paradox|premise|hypothetical|suppose that|\
         if all|therefore|conclude that|causal|common sense|who is taller|older than|\
         step-by-step reasoning|think step by step",
    ),
    task(Kind::Reasoning, 0.5, "如果|那么"),
    task(
        Kind::Reasoning,
        1.0,
        "假设有|每个人都|都不是|至少有|是否正确|符合逻辑|常识|请问谁|clue|must be true|cannot be|at least one|exactly one|\
         infer|inference|what would happen|which one of them",
    ),
];
