//! The wards and departments of 2020 and how the work is spread over them.
//!
//! Owns: each unit's share of received, open, late and overdue dossiers (invented; the sums are not).
//! Never: the totals: those are the published figures.
//! Reads next: `plan.rs`.

use crate::domain::unit::Level;

/// One unit's weights. They are divided out over the published total of their column.
#[derive(Clone, Copy, Debug)]
pub struct UnitShare {
    pub code: &'static str,
    pub received: usize,
    pub in_time: usize,
    /// Part of `in_time`.
    pub stopped: usize,
    pub overdue: usize,
    pub late: usize,
    pub carried: usize,
    pub withdrawn: usize,
}

const fn unit(code: &'static str, weights: [usize; 7]) -> UnitShare {
    let [
        received,
        in_time,
        stopped,
        overdue,
        late,
        carried,
        withdrawn,
    ] = weights;
    UnitShare {
        code,
        received,
        in_time,
        stopped,
        overdue,
        late,
        carried,
        withdrawn,
    }
}

/// Bồ Đề (00139) and Thạch Bàn (00148) hold most of what is late; little Cự Khối (00154) some of it.
pub const WARDS: [UnitShare; 14] = [
    unit("00115", [2350, 142, 4, 7, 9, 28, 6]),
    unit("00118", [2780, 168, 5, 9, 11, 33, 7]),
    unit("00121", [1420, 86, 3, 2, 3, 17, 4]),
    unit("00124", [2960, 179, 5, 9, 12, 35, 8]),
    unit("00127", [1780, 108, 3, 4, 5, 21, 5]),
    unit("00130", [1690, 102, 3, 3, 4, 20, 4]),
    unit("00133", [2140, 129, 4, 6, 8, 25, 6]),
    unit("00136", [1510, 91, 3, 3, 4, 18, 4]),
    unit("00139", [2540, 154, 5, 58, 30, 30, 7]),
    unit("00142", [1830, 111, 3, 4, 5, 21, 5]),
    unit("00145", [1750, 106, 3, 3, 4, 20, 5]),
    unit("00148", [2010, 121, 4, 51, 25, 23, 6]),
    unit("00151", [1460, 88, 2, 2, 3, 17, 4]),
    unit("00154", [411, 25, 1, 6, 4, 4, 1]),
];

/// The office (VP) runs the one-stop-shop and has no dossiers of its own.
pub const DEPARTMENTS: [UnitShare; 12] = [
    unit("VP", [0, 0, 0, 0, 0, 0, 0]),
    unit("NV", [40, 3, 0, 0, 0, 0, 0]),
    unit("TP", [420, 16, 1, 0, 0, 6, 1]),
    unit("TCKH", [1180, 52, 5, 0, 1, 14, 5]),
    unit("TNMT", [910, 78, 9, 0, 6, 42, 6]),
    unit("LDTBXH", [265, 14, 1, 0, 1, 5, 1]),
    unit("VHTT", [85, 5, 1, 0, 0, 1, 0]),
    unit("GDDT", [70, 4, 0, 0, 0, 1, 0]),
    unit("YT", [60, 3, 0, 0, 0, 1, 0]),
    unit("TTr", [15, 1, 0, 0, 0, 0, 0]),
    unit("KT", [130, 8, 1, 0, 0, 2, 1]),
    unit("QLDT", [655, 44, 6, 0, 4, 24, 4]),
];

pub fn of_level(level: Level) -> &'static [UnitShare] {
    match level {
        Level::District => &DEPARTMENTS,
        Level::Ward => &WARDS,
    }
}

/// Divides `total` by `weights`, exactly, with the method of largest remainders.
pub fn apportion(total: usize, weights: &[usize]) -> Vec<usize> {
    let sum = weights.iter().sum::<usize>().max(1);
    let mut parts: Vec<usize> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(total * weights[place] % sum));
    let missing = total - parts.iter().sum::<usize>();
    for place in order.into_iter().take(missing) {
        parts[place] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apportioning_loses_nothing() {
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(7, &[0, 5, 2]), [0, 5, 2]);
        assert_eq!(apportion(0, &[0, 0]), [0, 0]);
    }
}
