//! The simulation over the seeds that every change must pass; `cargo xtask soak` runs more.

use creel_tests::sim::fault::FaultKind;
use creel_tests::sim::op::Kind;
use creel_tests::sim::run_many;

const SEEDS: u64 = 2_000;
/// How often each fault must strike during each operation.
const AT_LEAST: u64 = 20;

#[test]
fn nothing_is_lost_doubled_or_brought_back_whatever_fails() {
    let counts = run_many(0..SEEDS).unwrap_or_else(|violation| panic!("{}", violation.report()));
    println!("{}", counts.table());
    assert!(counts.plans_changed >= AT_LEAST, "{} plans changed", counts.plans_changed);
    assert!(counts.undone_detached > 0, "no deletion with children left behind was undone");
    for kind in Kind::ALL {
        for fault in FaultKind::ALL {
            let times = counts.pair(kind, fault);
            assert!(times >= AT_LEAST, "{fault:?} struck only {times} times during {kind:?}");
        }
    }
}
