//! Fits how margins become probabilities.

/// Newton steps; it converges in a few.
const STEPS: usize = 50;
/// Keeps the fit of a type with few mentions near "always right at a large margin".
const RIDGE: f64 = 1e-3;

/// Fits `offset` and `slope` of the logistic function to margins with whether the mention was right.
pub fn fit(outcomes: &[(f32, bool)]) -> (f32, f32) {
    let largest = outcomes.iter().map(|outcome| outcome.0).fold(1.0, f32::max);
    let (mut offset, mut slope) = (0.0f64, 0.0f64);
    for _ in 0..STEPS {
        let mut gradient = [-RIDGE * offset, -RIDGE * slope];
        let mut hessian = [[RIDGE, 0.0], [0.0, RIDGE]];
        for &(margin, right) in outcomes {
            let x = f64::from(margin / largest);
            let p = 1.0 / (1.0 + (-(offset + slope * x)).exp());
            let error = f64::from(u8::from(right)) - p;
            gradient[0] += error;
            gradient[1] += error * x;
            let weight = p * (1.0 - p);
            hessian[0][0] += weight;
            hessian[0][1] += weight * x;
            hessian[1][1] += weight * x * x;
        }
        hessian[1][0] = hessian[0][1];
        let determinant = hessian[0][0] * hessian[1][1] - hessian[0][1] * hessian[1][0];
        if determinant.abs() < 1e-12 {
            break;
        }
        offset += (gradient[0] * hessian[1][1] - gradient[1] * hessian[0][1]) / determinant;
        slope += (gradient[1] * hessian[0][0] - gradient[0] * hessian[1][0]) / determinant;
    }
    (offset as f32, (slope / f64::from(largest)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovers_a_known_relation() {
        let mut outcomes = Vec::new();
        for step in 0..200 {
            let margin = step as f32;
            let p = 1.0 / (1.0 + (-(-1.0 + 0.02 * margin)).exp());
            let right = (p * 100.0).round() as usize;
            outcomes.extend((0..100).map(|turn| (margin, turn < right)));
        }
        let (offset, slope) = fit(&outcomes);
        assert!(
            (offset + 1.0).abs() < 0.05 && (slope - 0.02).abs() < 0.001,
            "{offset} {slope}"
        );
        assert_eq!(fit(&[]), (0.0, 0.0));
    }
}
