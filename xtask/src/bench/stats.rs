//! Statistics of times: ranks, and the ratio of two contenders over paired rounds with its confidence interval.

use fastrand::Rng;

/// How often the rounds are drawn anew for a confidence interval.
const DRAWS: usize = 2000;

/// What of a round's times is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Statistic {
    Mean,
    P50,
    P99,
}

impl Statistic {
    /// Its name, as reports have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P99 => "p99",
        }
    }

    /// Computes it; nothing of no values.
    pub(crate) fn of(self, values: &[f64]) -> Option<f64> {
        match self {
            Self::Mean => mean(values),
            Self::P50 => quantile(values, 0.5),
            Self::P99 => quantile(values, 0.99),
        }
    }
}

/// A value, and the interval in which it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The mean; nothing of no values.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value at a share of the order, between two neighbours where it falls between them.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

/// The geometric mean; nothing of no values, or of one that is not above zero.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.iter().any(|value| *value <= 0.0) {
        return None;
    }
    mean(&values.iter().map(|value| value.ln()).collect::<Vec<_>>()).map(f64::exp)
}

/// The median of values, and its confidence interval by bootstrap: the same for the same values.
pub(crate) fn median(values: &[f64]) -> Option<Estimate> {
    let value = quantile(values, 0.5)?;
    let mut rng = Rng::with_seed(11);
    let mut drawn: Vec<f64> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let again: Vec<f64> = values.iter().filter_map(|_| rng.choice(values).copied()).collect();
        drawn.extend(quantile(&again, 0.5));
    }
    Some(Estimate { value, low: quantile(&drawn, 0.025)?, high: quantile(&drawn, 0.975)? })
}

/// The median over rounds of one contender's statistic divided by another's of the same round.
pub(crate) fn ratio(rounds: &[(Vec<f64>, Vec<f64>)], statistic: Statistic) -> Option<Estimate> {
    let ratio = |(ours, theirs): &(Vec<f64>, Vec<f64>)| {
        let theirs = statistic.of(theirs).filter(|theirs| *theirs > 0.0)?;
        Some(statistic.of(ours)? / theirs)
    };
    median(&rounds.iter().filter_map(ratio).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 0.5), Some(2.5));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_few_slow_calls_move_the_mean_and_the_last_percent_but_not_the_middle() {
        let mut values = vec![1.0; 98];
        values.extend([100.0, 100.0]);
        assert_eq!(Statistic::P50.of(&values), Some(1.0));
        assert_eq!(Statistic::P99.of(&values), Some(100.0));
        assert!((Statistic::Mean.of(&values).unwrap() - 2.98).abs() < 1e-9);
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        // The machine slows to a third in the second round, and the ratio does not see it.
        let rounds = [(vec![1.0], vec![2.0]), (vec![3.0], vec![6.0]), (vec![1.0], vec![2.0])];
        let estimate = ratio(&rounds, Statistic::P50).unwrap();
        assert_eq!(estimate, Estimate { value: 0.5, low: 0.5, high: 0.5 });
    }

    #[test]
    fn the_interval_holds_the_median_and_widens_with_the_spread() {
        let width = |spread: f64| {
            let values: Vec<_> = (0..15).map(|n| 10.0 + spread * f64::from(n % 5)).collect();
            let estimate = median(&values).unwrap();
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
            assert_eq!(median(&values), Some(estimate));
            estimate.high - estimate.low
        };
        assert!(width(0.1) < width(2.0));
    }

    #[test]
    fn a_ratio_to_nothing_is_none() {
        assert_eq!(ratio(&[(vec![1.0], vec![0.0])], Statistic::P50), None);
        assert_eq!(ratio(&[], Statistic::P50), None);
    }

    #[test]
    fn the_geometric_mean_of_ratios_is_their_middle() {
        assert!((geometric_mean(&[0.5, 2.0]).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(geometric_mean(&[0.0, 2.0]), None);
    }
}
