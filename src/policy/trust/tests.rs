use super::*;
use crate::model::Partition;
use serde_json::json;

fn access(statements: &Value) -> Access {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: "123456789012",
    };
    let text = json!({"Version": "2008-10-17", "Statement": statements}).to_string();
    let regions = ["eu-west-1".to_owned(), "us-east-1".to_owned()];
    systems_manager_access(&Document::parse(text).unwrap(), place, &regions)
}

fn allow(condition: Option<Value>) -> Value {
    let mut statement = json!({
        "Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"
    });
    if let Some(condition) = condition {
        statement
            .as_object_mut()
            .unwrap()
            .insert("Condition".into(), condition);
    }
    statement
}

const ALLOWED: Access = Access::Allowed { conditional: false };
const CONDITIONAL: Access = Access::Allowed { conditional: true };

#[test]
fn what_is_for_systems_manager_alone_is_told_from_what_others_share() {
    let alone = |statement: Value| is_for_systems_manager_alone(statement.as_object().unwrap());
    let with = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    assert!(alone(allow(None)));
    assert!(alone(with(json!({"Service": ["ssm.amazonaws.com"]}))));
    for others in [
        json!({"Service": "sagemaker.amazonaws.com"}),
        json!({"Service": ["sagemaker.amazonaws.com", "ssm.amazonaws.com"]}),
        json!({"Service": "ssm.amazonaws.com", "AWS": "arn:aws:iam::1:root"}),
    ] {
        assert!(!alone(with(others)));
    }
}

#[test]
fn only_a_denial_that_certainly_holds_has_to_go() {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: "123456789012",
    };
    let keeps_out = |statement: Value| {
        keeps_out(
            statement.as_object().unwrap(),
            place,
            &["eu-west-1".to_owned()],
        )
    };
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*"});
    assert!(keeps_out(deny.clone()));
    // A guardrail of the organization stays.
    let mut guardrail = deny;
    guardrail["Condition"] = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}});
    assert!(!keeps_out(guardrail));
    assert!(!keeps_out(allow(None)));
}

#[test]
fn the_living_stay_when_the_deleted_go() {
    let rest = |principal: Value| {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        without_deleted(statement.as_object().unwrap()).map(|rest| rest["Principal"].clone())
    };
    let root = "arn:aws:iam::123456789012:root";
    assert_eq!(
        rest(json!({"AWS": ["AROAEXAMPLEDELETED012", root]})),
        Some(json!({"AWS": [root]}))
    );
    assert_eq!(
        rest(json!({"AWS": "AROAEXAMPLEDELETED012", "Service": "s"})),
        Some(json!({"Service": "s"}))
    );
    assert_eq!(rest(json!({"AWS": "AROAEXAMPLEDELETED012"})), None);
    assert_eq!(rest(json!("*")), Some(json!("*")));
}

#[test]
fn every_way_to_write_the_same_permission_is_seen() {
    assert_eq!(access(&allow(None)), ALLOWED);
    assert_eq!(access(&json!([allow(None)])), ALLOWED);
    for (services, actions) in [
        (
            json!(["sagemaker.amazonaws.com", "ssm.amazonaws.com"]),
            json!("sts:AssumeRole"),
        ),
        (
            json!("ssm.amazonaws.com"),
            json!(["sts:TagSession", "STS:assumerole"]),
        ),
        (json!("ssm.amazonaws.com"), json!("sts:*")),
        (json!("ssm.amazonaws.com"), json!(["sts:Assume*"])),
    ] {
        let statement =
            json!({"Effect": "Allow", "Principal": {"Service": services}, "Action": actions});
        assert_eq!(access(&statement), ALLOWED, "{statement}");
    }
}

#[test]
fn what_only_resembles_it_does_not_count() {
    for statement in [
        json!({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:TagSession"}),
        json!({"Effect": "Allow", "NotPrincipal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": {"Service": "ssm.eu-west-1.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow"}),
    ] {
        assert_eq!(access(&statement), Access::NotAllowed, "{statement}");
    }
}

#[test]
fn conditions_count_when_this_account_satisfies_them_in_every_region() {
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            CONDITIONAL,
        ),
        (
            json!({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}),
            CONDITIONAL,
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "999999999999"}}),
            Access::UnmetCondition,
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:*:123456789012:*"}}),
            CONDITIONAL,
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:ssm:eu-west-1:123456789012:*"}}),
            Access::UnmetCondition,
        ),
        (
            json!({"ArnEquals": {"aws:SourceArn": ["arn:aws:ssm:eu-west-1:123456789012:*", "arn:aws:ssm:us-east-1:123456789012:*"]}}),
            CONDITIONAL,
        ),
        (
            json!({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}),
            CONDITIONAL,
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}),
            Access::UnmetCondition,
        ),
        (
            json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}),
            Access::UnmetCondition,
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "123456789012", "sts:ExternalId": "x"}}),
            Access::UnmetCondition,
        ),
    ] {
        assert_eq!(
            access(&allow(Some(condition.clone()))),
            expected,
            "{condition}"
        );
    }
}

#[test]
fn the_hardened_statement_satisfies_itself() {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: "123456789012",
    };
    assert_eq!(access(&place.trust_statement(true).unwrap()), CONDITIONAL);
}

#[test]
fn a_denial_wins_over_everything_however_it_is_written() {
    let ssm = json!({"Service": "ssm.amazonaws.com"});
    let role = json!("sts:AssumeRole");
    for deny in [
        json!({"Effect": "Deny", "Principal": ssm, "Action": role}),
        json!({"Effect": "Deny", "Principal": ssm, "Action": "*"}),
        json!({"Effect": "Deny", "Principal": "*", "Action": role}),
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": role}),
        json!({"Effect": "Deny", "NotPrincipal": {"Service": "sagemaker.amazonaws.com"}, "Action": role}),
        json!({"Effect": "Deny", "Principal": ssm, "NotAction": "sts:TagSession"}),
        // In one of the two regions is enough.
        json!({"Effect": "Deny", "Principal": ssm, "Action": role, "Condition":
            {"ArnLike": {"aws:SourceArn": "arn:aws:ssm:eu-west-1:*:*"}}}),
        json!({"Effect": "Deny", "Principal": "*", "Action": role, "Condition":
            {"StringNotEquals": {"aws:SourceAccount": "999999999999"}}}),
    ] {
        assert_eq!(
            access(&json!([allow(None), deny])),
            Access::Denied,
            "{deny}"
        );
    }
}

#[test]
fn a_denial_that_means_others_does_not_count() {
    let role = json!("sts:AssumeRole");
    for deny in [
        json!({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": role}),
        json!({"Effect": "Deny", "NotPrincipal": {"Service": "ssm.amazonaws.com"}, "Action": role}),
        json!({"Effect": "Deny", "Principal": "*", "NotAction": "sts:Assume*"}),
        json!({"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}),
        json!({"Effect": "Deny", "Principal": "*", "Action": role, "Condition":
            {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}}),
    ] {
        assert_eq!(access(&json!([allow(None), deny])), ALLOWED, "{deny}");
    }
}

#[test]
fn a_denial_that_cannot_be_judged_is_known_as_such() {
    let partition = Partition::default();
    let place = Place {
        partition: &partition,
        account: "123456789012",
    };
    let regions = ["eu-west-1".to_owned()];
    let may = |condition: Value| {
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition});
        let text = json!({"Statement": [allow(None), deny]}).to_string();
        may_be_denied(&Document::parse(text).unwrap(), place, &regions)
    };
    assert_eq!(
        may(json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})),
        ["StringNotEquals aws:PrincipalOrgID"]
    );
    assert!(may(json!({"StringNotEquals": {"aws:SourceAccount": "123456789012"}})).is_empty());
}

#[test]
fn roles_of_services_and_of_people_are_told_apart() {
    let kinds = |principal: Value| {
        let text = json!({"Statement": {
            "Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML"]
        }});
        let trust = Document::parse(text.to_string()).unwrap();
        (is_sagemaker_role(&trust), is_for_people(&trust))
    };
    assert_eq!(
        kinds(json!({"Service": "sagemaker.amazonaws.com"})),
        (true, false)
    );
    assert_eq!(
        kinds(json!({"Service": ["ec2.amazonaws.com"]})),
        (false, false)
    );
    assert_eq!(
        kinds(json!({"Federated": "arn:aws:iam::1:saml-provider/x"})),
        (false, true)
    );
    assert_eq!(
        kinds(json!({"Service": "sagemaker.amazonaws.com", "AWS": "arn:aws:iam::1:root"})),
        (true, true)
    );
}

#[test]
fn deleted_principals_are_found_and_living_ones_are_not() {
    let trust = Document::parse(
        json!({"Statement": [
            {"Principal": {"AWS": ["AROAEXAMPLEDELETED12", "arn:aws:iam::1:role/AROAx", "123456789012"]}},
            {"NotPrincipal": {"AWS": "AIDAEXAMPLEDELETED34"}},
        ]})
        .to_string(),
    )
    .unwrap();
    assert_eq!(
        deleted_principals(&trust),
        ["AIDAEXAMPLEDELETED34", "AROAEXAMPLEDELETED12"]
    );
}
