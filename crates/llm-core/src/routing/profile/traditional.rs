//! Traditional spellings of the characters the Chinese cues use.
//!
//! Only for spelling cues a second way; requests themselves are never converted.

use std::collections::HashMap;

/// Simplified and traditional forms, in pairs.
const PAIRS: &str = "\
    万萬与與专專业業东東个個为為举舉么麼义義书書产產亿億从從们們优優会會传傳体體关關内內写寫农農几幾\
    划劃则則创創别別剧劇办辦务務动動区區华華单單历歷双雙发發后後听聽员員响響团團国國图圖圆圓块塊声聲\
    处處复複够夠头頭学學实實对對导導将將师師帮幫库庫应應开開异異张張归歸当當录錄态態总總战戰扩擴护護\
    报報拟擬择擇换換据據数數无無时時显顯术術杂雜条條来來极極标標样樣档檔检檢欢歡汉漢没沒测測济濟润潤\
    点點现現画畫码碼种種积積简簡类類纠糾约約线線细細绍紹经經结結绘繪给給统統继繼绪緒续續编編缩縮网網\
    荐薦营營补補见見观觀规規视視计計让讓议議讲講论論设設证證评評识識诉訴词詞译譯试試诗詩话話该該详詳\
    语語误誤说說请請读讀谁誰调調谈談谢謝负負财財质質赏賞转轉较較辑輯边邊达達过過运運还還这這进進选選\
    逻邏释釋里裡销銷错錯键鍵长長问問间間队隊际際险險韩韓页頁项項顺順频頻题題风風验驗";

/// Spells cues in traditional characters.
pub(super) struct Speller(HashMap<char, char>);

impl Speller {
    pub(super) fn new() -> Self {
        let simplified = PAIRS.chars().step_by(2);
        let traditional = PAIRS.chars().skip(1).step_by(2);
        Self(simplified.zip(traditional).collect())
    }

    /// A cue in traditional characters, where that differs.
    pub(super) fn spell(&self, cue: &str) -> Option<String> {
        cue.chars().any(|char| self.0.contains_key(&char)).then(|| {
            cue.chars()
                .map(|char| self.0.get(&char).copied().unwrap_or(char))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_spelt_the_other_way_and_latin_ones_stay() {
        let speller = Speller::new();
        assert_eq!(speller.spell("翻译成").as_deref(), Some("翻譯成"));
        assert_eq!(speller.spell("这张图片").as_deref(), Some("這張圖片"));
        assert_eq!(speller.spell("解方程"), None);
        assert_eq!(speller.spell("translate"), None);
    }

    #[test]
    fn the_table_is_pairs() {
        assert!(PAIRS.chars().all(|char| !char.is_ascii()));
        assert_eq!(PAIRS.chars().count() % 2, 0);
    }
}
