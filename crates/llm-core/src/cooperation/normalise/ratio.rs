//! Exact fractions, so that `0.5`, `1/2` and `50%` are one number.

/// Largest power a base is raised to.
const LARGEST_POWER: u32 = 60;

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    above: i128,
    below: i128,
}

impl Ratio {
    /// A whole number.
    pub(super) fn whole(value: i128) -> Self {
        Self {
            above: value,
            below: 1,
        }
    }

    /// `above / below`; `None` for a zero below and for what does not fit.
    pub(super) fn new(above: i128, below: i128) -> Option<Self> {
        if below == 0 || above == i128::MIN || below == i128::MIN {
            return None;
        }
        let divisor = gcd(above.unsigned_abs(), below.unsigned_abs());
        let divisor = i128::try_from(divisor).ok()?.max(1);
        let sign = if below < 0 { -1 } else { 1 };
        Some(Self {
            above: above / divisor * sign,
            below: below / divisor * sign,
        })
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        // Cancelling first keeps what fits from overflowing on the way.
        let (a, b) = (
            Self::new(self.above, other.below)?,
            Self::new(other.above, self.below)?,
        );
        Self::new(a.above.checked_mul(b.above)?, a.below.checked_mul(b.below)?)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let left = self.above.checked_mul(other.below)?;
        let right = other.above.checked_mul(self.below)?;
        Self::new(
            left.checked_add(right)?,
            self.below.checked_mul(other.below)?,
        )
    }

    pub(super) fn negated(self) -> Option<Self> {
        Self::new(self.above.checked_neg()?, self.below)
    }

    pub(super) fn inverted(self) -> Option<Self> {
        Self::new(self.below, self.above)
    }

    pub(super) fn to_the(self, power: i32) -> Option<Self> {
        let base = if power < 0 { self.inverted()? } else { self };
        let size = power.unsigned_abs();
        if size > LARGEST_POWER {
            return None;
        }
        Self::new(base.above.checked_pow(size)?, base.below.checked_pow(size)?)
    }

    /// A decimal where it ends, a fraction where it does not.
    pub(super) fn spelt(self) -> String {
        let (mut below, mut twos, mut fives) = (self.below, 0_u32, 0_u32);
        while below % 2 == 0 {
            below /= 2;
            twos += 1;
        }
        while below % 5 == 0 {
            below /= 5;
            fives += 1;
        }
        let places = twos.max(fives);
        let scaled = (below == 1)
            .then(|| 10_i128.checked_pow(places))
            .flatten()
            .and_then(|size| self.above.checked_mul(size / self.below));
        let Some(scaled) = scaled else {
            return format!("{}/{}", self.above, self.below);
        };
        let digits = format!(
            "{:0>width$}",
            scaled.unsigned_abs(),
            width = places as usize + 1
        );
        let (whole, decimals) = digits.split_at(digits.len() - places as usize);
        let sign = if scaled < 0 { "-" } else { "" };
        if decimals.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{decimals}")
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_a_decimal_where_that_ends() {
        for (above, below, text) in [
            (1, 2, "0.5"),
            (-3, 4, "-0.75"),
            (6, 3, "2"),
            (1, 3, "1/3"),
            (-2, 6, "-1/3"),
            (1, 80, "0.0125"),
            (0, 5, "0"),
        ] {
            assert_eq!(Ratio::new(above, below).unwrap().spelt(), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::new(i128::MIN, 1), None);
        assert_eq!(Ratio::whole(i128::MAX).times(Ratio::whole(2)), None);
        assert_eq!(Ratio::whole(10).to_the(61), None);
        assert_eq!(Ratio::whole(0).to_the(-1), None);
    }
}
