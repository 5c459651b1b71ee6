//! Roles that IAM Identity Center makes from a permission set. AWS refuses changes to them; the set's inline policy is
//! what has to be changed, and there is only one, so it is extended and never replaced.

use super::{Obstacle, State};
use crate::model::RoleReading;
use crate::policy::denial::denials;
use crate::policy::deviation;
use crate::policy::document::{Document, pretty};
use crate::policy::meaning::Meaning;

/// The inline policy by which Identity Center puts the set's inline policy on the role.
pub(crate) const INLINE_POLICY: &str = "AwsSSOInlinePolicy";

/// The permission set's name in the name of a role, `AWSReservedSSO_<set>_<16 hexadecimal digits>`.
pub(crate) fn name(role: &str) -> Option<&str> {
    let rest = role.strip_prefix("AWSReservedSSO_")?;
    let (set, suffix) = rest.rsplit_once('_')?;
    let is_suffix = suffix.len() == 16 && suffix.bytes().all(|b| b.is_ascii_hexdigit());
    (is_suffix && !set.is_empty()).then_some(set)
}

/// Returns whether the set's inline policy gives all of `least`, and certainly denies nothing of it.
pub(super) fn gives(reading: &RoleReading, least: &Document, regions: &[String]) -> bool {
    inline_policy(reading).is_some_and(|document| {
        Meaning::of(&document).covers(&Meaning::of(least))
            && !denials(&document, least, regions)
                .iter()
                .any(|denial| denial.is_certain)
    })
}

/// The refusal, with the set's inline policy as it has to become: what is there, and the statements that are missing.
/// Where the language version of what is there knows no policy variables, the new policy has to go another way.
pub(super) fn blocked(reading: &RoleReading, wanted: Option<&str>, regions: &[String]) -> State {
    let reason = "IAM Identity Center made this role from a permission set, and AWS refuses changes to the role itself.";
    let Some(wanted) = wanted else {
        let remedy = "Choose a role that your account made.";
        return State::blocked(Obstacle::OtherRole, reason, remedy);
    };
    let denials = Document::parse(wanted)
        .ok()
        .zip(inline_policy(reading))
        .map(|(wanted, document)| denials(&document, &wanted, regions))
        .unwrap_or_default();
    if let Some(denial) = denials.iter().find(|denial| denial.is_certain) {
        let (action, statement) = (&denial.action, deviation::name(&denial.statement));
        return State::blocked(
            Obstacle::Denial,
            format!(
                "{reason} A statement of the set's inline policy denies {action} ({statement}), and a denial always wins."
            ),
            "Whoever looks after the permission set has to narrow that statement so that it does not reach people's own \
             nodes, or choose another role.",
        );
    }
    match merged(reading, wanted) {
        Some(merged) => State::blocked(
            Obstacle::PermissionSet,
            reason,
            "In the IAM Identity Center console open Permission sets, this role's set, Inline policy, Edit. If the set has \
             what the role has here, replace it by this document, which holds it too; else add the statements that it \
             lacks. Save, and reapply the set where it is shown as out of date.",
        )
        .with_document(Some(merged)),
        None => State::blocked(
            Obstacle::UnextendablePermissionSet,
            reason,
            "The inline policy of this role's permission set is in an older version of the policy language, or cannot be \
             read safely, so nothing can be added to it. Create a managed policy named SSHSageMakerClientPolicy with this \
             document in each account that the set is assigned to, and attach it to the set under Customer managed \
             policies.",
        )
        .with_document(Some(wanted.to_owned())),
    }
}

fn inline_policy(reading: &RoleReading) -> Option<Document> {
    Document::parse(reading.inline.get(INLINE_POLICY)?.as_str()).ok()
}

/// The set's inline policy with the statements of `wanted` that it lacks; none where they cannot be added.
fn merged(reading: &RoleReading, wanted: &str) -> Option<String> {
    if !reading.inline.contains_key(INLINE_POLICY) {
        return Some(wanted.to_owned());
    }
    let mut document = inline_policy(reading)?;
    let wanted = Document::parse(wanted).ok()?;
    if document.value().get("Version") != wanted.value().get("Version") {
        return None;
    }
    for statement in wanted.statements() {
        if !Meaning::of(&document).grants_all_of(statement) {
            document = document.with_statement(&statement.clone().into()).ok()?;
        }
    }
    Some(pretty(document.text()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::super::tests::{SAGEMAKER_TRUST, items, place, role, survey};
    use super::*;
    use crate::model::{Choices, Partition};
    use crate::policy::template::CLIENT_POLICY;

    #[test]
    fn the_sets_name_is_read_from_the_roles() {
        assert_eq!(
            name("AWSReservedSSO_Data_Science_0123456789abcdef"),
            Some("Data_Science")
        );
        for other in [
            "Admin",
            "AWSReservedSSO_X",
            "AWSReservedSSO_X_0123",
            "AWSReservedSSO__0123456789abcdef",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn an_identity_center_role_comes_with_the_policy_for_its_permission_set() {
        let (name, path) = (
            "AWSReservedSSO_X_0123456789abcdef",
            "/aws-reserved/sso.amazonaws.com/eu-west-1/",
        );
        let choices = Choices {
            user_roles: vec![name.into()],
            ..Choices::default()
        };
        let partition = Partition::default();
        let expected = place(&partition).client_policy(false).unwrap();
        let items = items(&survey(vec![role(name, path, SAGEMAKER_TRUST)]), &choices);
        let State::Blocked {
            wanted: Some(wanted),
            ..
        } = &items[&format!("policy:{name}/{CLIENT_POLICY}")].state
        else {
            panic!("{items:?}");
        };
        assert_eq!(
            Document::parse(wanted.as_str()).unwrap().value(),
            expected.value()
        );
    }

    #[test]
    fn a_permission_sets_own_inline_policy_is_extended_and_counts_when_it_gives_all() {
        let (name, path) = (
            "AWSReservedSSO_X_0123456789abcdef",
            "/aws-reserved/sso.amazonaws.com/eu-west-1/",
        );
        let choices = Choices {
            user_roles: vec![name.into()],
            ..Choices::default()
        };
        let id = format!("policy:{name}/{CLIENT_POLICY}");
        let with_inline = |text: &str| {
            let mut reading = role(name, path, SAGEMAKER_TRUST);
            reading
                .inline
                .insert("AwsSSOInlinePolicy".into(), text.into());
            items(&survey(vec![reading]), &choices)[&id].clone()
        };
        let own = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        let State::Blocked {
            obstacle: Obstacle::PermissionSet,
            wanted: Some(merged),
            ..
        } = with_inline(own).state
        else {
            panic!("not the way through the permission set");
        };
        let statements = Document::parse(merged.as_str()).unwrap();
        let partition = Partition::default();
        let client = place(&partition).client_policy(false).unwrap();
        assert_eq!(statements.statements().len(), 1 + client.statements().len());
        assert_eq!(statements.statements()[0]["Sid"], "Own");
        // Pasted, it is in place; pasted twice, nothing is added.
        assert!(matches!(with_inline(&merged).state, State::InPlace(_)));

        // A denial wins over whatever is added.
        let denying = own
            .replace("\"Allow\"", "\"Deny\"")
            .replace("s3:*", "ssm:Start*");
        for text in [
            denying.clone(),
            merged
                .replace("\"Own\"", "\"Own2\"")
                .replace("\"s3:*\"", "\"ssm:*\"")
                .replacen("\"Allow\"", "\"Deny\"", 1),
        ] {
            let State::Blocked {
                obstacle, reason, ..
            } = with_inline(&text).state
            else {
                panic!("a denial is not seen: {text}");
            };
            assert_eq!(obstacle, Obstacle::Denial);
            assert!(reason.contains("a denial always wins"), "{reason}");
        }
        // One of something else does not matter.
        let elsewhere = own.replace("\"Allow\"", "\"Deny\"");
        assert!(matches!(
            with_inline(&elsewhere).state,
            State::Blocked {
                obstacle: Obstacle::PermissionSet,
                ..
            }
        ));

        // Without policy variables the new statements would mean something else.
        let old = own.replace("2012-10-17", "2008-10-17");
        let State::Blocked {
            wanted: Some(alone),
            remedy,
            ..
        } = with_inline(&old).state
        else {
            panic!("not blocked");
        };
        assert!(remedy.contains("managed policy named SSHSageMakerClientPolicy"));
        assert_eq!(
            Document::parse(alone.as_str()).unwrap().value(),
            client.value()
        );
    }
}
