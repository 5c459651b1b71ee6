
usage() {
    say "sh $0                   shows what it would do, and asks"
    say "sh $0 --yes             does not ask"
    say "sh $0 --check           shows what is there; writes nothing"
    say "sh $0 --undo            puts everything back that is still as this script left it, and leaves the rest"
    say "sh $0 --undo --check    shows what that would put back; writes nothing"
    say "The AWS CLI takes its credentials from where it always does; AWS_PROFILE names a profile."
}

say() {
    printf '%s\n' "$*"
}

complain() {
    printf '%s\n' "$*" >&2
}

# What the AWS CLI prints, without the carriage returns that it prints under Windows.
plain() {
    answer=$("$@") || return 1
    printf '%s' "$answer" | tr -d '\r'
}

# A document as the AWS CLI prints it; (none) where the role has no such policy. A role that is gone is an error.
read_policy() {
    if found=$(plain aws iam get-role-policy --region "$REGION" --role-name="$1" --policy-name="$2" \
        --query PolicyDocument --output json 2>"$errors"); then
        printf '%s' "$found"
    elif grep -q NoSuchEntity "$errors" && read_trust "$1" >/dev/null; then
        printf '%s' '(none)'
    else
        cat "$errors" >&2
        return 1
    fi
}

# The same of a role that this script makes: before that there is neither.
read_policy_of_new() {
    if found=$(plain aws iam get-role-policy --region "$REGION" --role-name="$1" --policy-name="$2" \
        --query PolicyDocument --output json 2>"$errors"); then
        printf '%s' "$found"
    elif grep -q NoSuchEntity "$errors"; then
        printf '%s' '(none)'
    else
        cat "$errors" >&2
        return 1
    fi
}

# A role that this script makes, (none) where there is none. The second and third words say which of its inline and attached
# policies are not changes of their own.
read_role() {
    if ! whole=$(plain aws iam get-role --region "$REGION" --role-name="$1" --output json --query "Role.{Path: Path,
        Description: Description, AssumeRolePolicyDocument: AssumeRolePolicyDocument,
        PermissionsBoundary: PermissionsBoundary.PermissionsBoundaryArn,
        MadeBy: Tags[?Key=='sagemaker-ssh-setup'] | [0].Value}" 2>"$errors"); then
        if grep -q NoSuchEntity "$errors"; then
            printf '%s' '(none)'
            return 0
        fi
        cat "$errors" >&2
        return 1
    fi
    inline=$(plain aws iam list-role-policies --region "$REGION" --role-name="$1" --output json \
        --query "$2") || return 1
    attached=$(plain aws iam list-attached-role-policies --region "$REGION" --role-name="$1" --output json \
        --query "$3") || return 1
    printf '{"Role": %s, "InlinePolicies": %s, "AttachedPolicies": %s}' "$whole" "$inline" "$attached"
}

# The ARN of AmazonSageMakerFullAccess where it is attached to a role; (none) where it is not, or there is no such role.
read_attached() {
    if found=$(plain aws iam list-attached-role-policies --region "$REGION" --role-name="$1" --output text \
        --query "AttachedPolicies[?PolicyName=='AmazonSageMakerFullAccess'] | [0].PolicyArn" 2>"$errors"); then
        case $found in
        None | '') printf '%s' '(none)' ;;
        *) printf '%s' "$found" ;;
        esac
    elif grep -q NoSuchEntity "$errors"; then
        printf '%s' '(none)'
    else
        cat "$errors" >&2
        return 1
    fi
}

read_trust() {
    plain aws iam get-role --region "$REGION" --role-name="$1" --query Role.AssumeRolePolicyDocument --output json
}

read_tier() {
    plain aws ssm get-service-setting --region "$1" --setting-id "$SETTING" \
        --query ServiceSetting.SettingValue --output text
}

name() {
    if [ "$undo" = yes ]; then "undo_name_$1"; else "name_$1"; fi
}

# What has to be there for the change to be made.
start() {
    if [ "$undo" = yes ]; then "after_$1"; else "before_$1"; fi
}

# What is there once it is made.
goal() {
    if [ "$undo" = yes ]; then "before_$1"; else "after_$1"; fi
}

write() {
    if [ "$undo" = yes ]; then "undo_$1"; else "do_$1"; fi
}

# A document with its keys and lists in one order, and one value in place of a list of it, so that the same document is
# always the same text: IAM gives lists back in another order at every reading. Anything else stays as it is.
normal_form() {
    printf '%s\n' "$1" | LC_ALL=C awk '
        { rest = rest $0 "\n" }
        END {
            if (substr(rest, 1, 1) != "{") printf "%s", rest
            else printf "%s", value()
        }
        function take(length_of, taken) {
            taken = substr(rest, 1, length_of)
            rest = substr(rest, length_of + 1)
            return taken
        }
        function skip_blanks() {
            if (match(rest, /^[ \t\n]+/)) take(RLENGTH)
        }
        # A string with its quotation marks, or a number, true, false, null.
        function scalar(text) {
            if (substr(rest, 1, 1) != "\"") {
                match(rest, /^[^][{},: \t\n]*/)
                return take(RLENGTH > 0 ? RLENGTH : 1)
            }
            text = take(1)
            while (match(rest, /["\\]/)) {
                text = text take(RSTART)
                if (substr(text, length(text), 1) == "\"") return text
                text = text take(1)
            }
            return text take(length(rest))
        }
        function value(open, items, count, item, i, all) {
            skip_blanks()
            open = substr(rest, 1, 1)
            if (open != "{" && open != "[") return scalar()
            take(1)
            split("", items)
            count = 0
            for (skip_blanks(); rest != "" && rest !~ /^[]}]/; skip_blanks()) {
                if (rest ~ /^,/) {
                    take(1)
                    continue
                }
                item = ""
                if (open == "{") {
                    item = scalar() ":"
                    skip_blanks()
                    take(1)
                }
                item = item value()
                for (i = count++; i > 0 && (items[i] "") > (item ""); i--) items[i + 1] = items[i]
                items[i + 1] = item
            }
            take(1)
            if (open == "[" && count == 1) return items[1]
            all = open
            for (i = 1; i <= count; i++) all = all items[i] ","
            return all (open == "{" ? "}" : "]")
        }'
}

# Whether two texts are the same document, or the same value.
same() {
    [ "$1" = "$2" ] && return 0
    one=$(normal_form "$1") && other=$(normal_form "$2") && [ -n "$one" ] && [ "$one" = "$other" ]
}

# Sets state: unread, there, todo, or changed by somebody else, which is shown.
compare() {
    if ! found=$("read_$1"); then
        state=unread
    elif same "$found" "$(goal "$1")"; then
        state=there
    elif same "$found" "$(start "$1")"; then
        state=todo
    else
        state=changed
        complain "CHANGED   $(name "$1"). It is not as it was planned, and is left alone."
        complain "  expected:"
        complain "$(start "$1")"
        complain "  found:"
        complain "$found"
    fi
}

# Reads until what was written shows; IAM may take some seconds.
shows() {
    for wait in 0 1 2 4 8; do
        sleep "$wait"
        if found=$("read_$1") && same "$found" "$(goal "$1")"; then
            return 0
        fi
    done
    return 1
}

undo=no
check=no
ask=yes
for argument in "$@"; do
    case $argument in
    --yes) ask=no ;;
    --check) check=yes ;;
    --undo) undo=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 64
        ;;
    esac
done
if [ "$undo" = yes ]; then
    ITEMS=$UNDO_ITEMS
    # What is not part of the script was not written by it.
    NOT_PART=0
fi

# Says what this script does not do, where there is anything.
say_not_part() {
    if [ "$NOT_PART" -gt 0 ]; then
        complain "Not part of this script ($NOT_PART), and people may not be able to connect without it:"
        not_part >&2
    fi
}

# Ends well; with 5 where something is not part of this script.
end_well() {
    say_not_part
    if [ "$NOT_PART" -gt 0 ]; then exit 5; fi
    exit 0
}

command -v aws >/dev/null || {
    complain "The AWS CLI is not installed."
    exit 1
}
if [ "$(normal_form '{"b":["x"],"a":1}')" != '{"a":1,"b":"x",}' ]; then
    complain "awk is not installed, or does not work as POSIX has it."
    exit 1
fi
errors=$(mktemp) || exit 1
trap 'rm -f "$errors"' EXIT
written=0
trap 'complain "Interrupted after $written changes. sh $0 --check shows what is there, sh $0 --undo puts it back."
    exit 130' INT TERM HUP

if ! account=$(plain aws sts get-caller-identity --region "$REGION" --query Account --output text); then
    complain "Who is signed in could not be asked. Nothing was written. Sign in, and start it again."
    exit 1
fi
if [ "$account" != "$ACCOUNT" ]; then
    complain "This is for the account $ACCOUNT, and you are signed in to $account. Nothing was changed."
    exit 1
fi

todo=0
refused=0
for item in $ITEMS; do
    compare "$item"
    case $state in
    there) say "in place  $(name "$item")" ;;
    todo)
        say "to do     $(name "$item")"
        todo=$((todo + 1))
        ;;
    unread)
        complain "UNREAD    $(name "$item")"
        refused=$((refused + 1))
        ;;
    changed) refused=$((refused + 1)) ;;
    esac
done
if [ "$refused" -gt 0 ] && [ "$undo" = no ]; then
    complain "The account is no longer as it was planned. Nothing was written. Plan again."
    exit 1
fi
if [ "$todo" -eq 0 ]; then
    if [ "$refused" -gt 0 ]; then
        complain "Nothing can be put back: $refused left alone, changed by somebody since, or not readable."
        exit 1
    fi
    say "There is nothing to write."
    end_well
fi
say_not_part
if [ "$check" = yes ]; then
    exit 2
fi
if [ "$ask" = yes ]; then
    if ! [ -t 0 ]; then
        complain "Nobody can be asked here; --yes does not ask. Nothing was written."
        exit 64
    fi
    say "The documents are in this script, and in review.md of the same export."
    printf 'Write this to the account %s? Type yes: ' "$ACCOUNT"
    read -r answer
    if [ "$answer" != yes ]; then
        say "Nothing was written."
        exit 1
    fi
fi

failed=0
missing=' '
for item in $ITEMS; do
    # Nothing is written to a role that this script was to make and did not.
    needed=$("needs_$item")
    if [ "$undo" = no ] && [ -n "$needed" ]; then
        case $missing in
        *" $needed "*)
            complain "FAILED    $(name "$item"): the role comes first, and it was not made."
            failed=$((failed + 1))
            continue
            ;;
        esac
    fi
    # Once more, right before the write: what somebody writes in between is not to be lost.
    compare "$item"
    case $state in
    there) continue ;;
    unread)
        complain "FAILED    $(name "$item"): it could not be read, and was not written."
        failed=$((failed + 1))
        missing="$missing$item "
        continue
        ;;
    changed)
        failed=$((failed + 1))
        missing="$missing$item "
        continue
        ;;
    todo) ;;
    esac
    # Only what is read afterwards counts: an answer may be lost, and the write done all the same.
    if ! write "$item" >/dev/null; then
        complain "The AWS CLI reports an error; reading what is there."
        # A role that was just made does not show everywhere at once.
        for wait in 2 4 8; do
            [ "$undo" = no ] && [ -n "$needed" ] || break
            sleep "$wait"
            compare "$item"
            [ "$state" = todo ] || break
            write "$item" >/dev/null && break
        done
    fi
    if shows "$item"; then
        say "done      $(name "$item")"
        written=$((written + 1))
    else
        complain "FAILED    $(name "$item"): it was not found in place afterwards."
        failed=$((failed + 1))
        missing="$missing$item "
    fi
done
if [ "$failed" -eq 0 ]; then
    if [ "$undo" = yes ]; then
        say "All of it is put back, and was read back."
    else
        say "All of it is written and was read back."
    fi
    end_well
fi
if [ "$undo" = yes ]; then
    complain "$written put back, $failed left alone: changed by somebody since, or not readable. --undo tries the rest again."
else
    complain "$written written, $failed not. --check shows what is there, the same again goes on, --undo puts back what was written."
fi
if [ "$written" -gt 0 ]; then
    exit 3
fi
exit 1
