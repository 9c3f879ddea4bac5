//! Which of many certificates has issued which.

use std::collections::HashMap;

use super::Certificate;

/// The most issuers of one name that are tried: a real one has been renewed once or twice.
const MAX_OF_ONE_NAME: usize = 8;

/// Certificates by their subjects. Of one name the first 8 different ones are kept.
pub(crate) struct IssuerIndex<'a> {
    by_subject: HashMap<&'a [u8], Vec<(usize, &'a Certificate)>>,
}

impl<'a> IssuerIndex<'a> {
    pub(crate) fn of(certificates: impl IntoIterator<Item = &'a Certificate>) -> Self {
        let mut by_subject: HashMap<&[u8], Vec<(usize, &Certificate)>> = HashMap::new();
        for (at, certificate) in certificates.into_iter().enumerate() {
            let found = by_subject.entry(certificate.subject().to_der()).or_default();
            let is_new = || found.iter().all(|(_, known)| known.to_der() != certificate.to_der());
            if found.len() < MAX_OF_ONE_NAME && is_new() {
                found.push((at, certificate));
            }
        }
        Self { by_subject }
    }

    /// The places of those called `name` (DER), in order.
    pub(crate) fn called(&self, name: &[u8]) -> impl Iterator<Item = (usize, &'a Certificate)> {
        self.by_subject.get(name).into_iter().flatten().copied()
    }

    /// The place of the first that has the name of the issuer of `certificate` and the key that signed it.
    pub(crate) fn issuer_of(&self, certificate: &Certificate) -> Option<usize> {
        let has_signed =
            |issuer: &Certificate| issuer.public_key().is_ok_and(|key| certificate.verify_signature(&key).is_ok());
        self.called(certificate.issuer().to_der()).find(|(_, issuer)| has_signed(issuer)).map(|(at, _)| at)
    }
}

/// The length of the longest path below each of certificates whose issuers are at `issuers`, counted in certificates that
/// have issued others; round a circle it is longer than the list.
pub(crate) fn authorities_below(issuers: &[Option<usize>]) -> Vec<usize> {
    let mut children = vec![0_usize; issuers.len()];
    issuers.iter().flatten().for_each(|&issuer| children[issuer] += 1);
    let has_issued: Vec<bool> = children.iter().map(|&count| count > 0).collect();
    let mut below = vec![0; issuers.len()];
    // Whoever has issued nothing, or whose children are all done.
    let mut done: Vec<usize> = (0..issuers.len()).filter(|&at| children[at] == 0).collect();
    while let Some(at) = done.pop() {
        let Some(issuer) = issuers[at] else { continue };
        let own = if has_issued[at] { 1 + below[at] } else { 0 };
        below[issuer] = below[issuer].max(own);
        children[issuer] -= 1;
        if children[issuer] == 0 {
            done.push(issuer);
        }
    }
    let in_circle = children.iter().zip(below).map(|(&left, below)| if left > 0 { issuers.len() + 1 } else { below });
    in_circle.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_counted_along_the_longest_path() {
        // 0 <- 1 <- 2 <- 3, 0 <- 4, and 5 by itself.
        assert_eq!(authorities_below(&[None, Some(0), Some(1), Some(2), Some(0), None]), [2, 1, 0, 0, 0, 0]);
        // 0 and 1 have issued each other; 2 is below them.
        assert_eq!(authorities_below(&[Some(1), Some(0), Some(1)]), [4, 4, 0]);
        assert!(authorities_below(&[]).is_empty());
        // As deep as a file allows: no recursion.
        let row: Vec<Option<usize>> = (0..100_000_usize).map(|at| at.checked_sub(1)).collect();
        assert_eq!(authorities_below(&row)[0], 99_998);
    }
}
