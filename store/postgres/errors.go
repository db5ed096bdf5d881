package postgres

import (
	"errors"
	"io"
	"net"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentcare/agentcare/clinic"
)

// SQLSTATE codes that mean something to us.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeUniqueViolation    = "23505"
	codeExclusionViolation = "23P01"
	codeSerialization      = "40001"
	codeDeadlock           = "40P01"
	codeLockNotAvailable   = "55P03"
)

// mayRunAgain reports whether a transaction left no trace and may succeed when it is run again: a rival with the same key,
// who has committed meanwhile, has left the answer.
func mayRunAgain(err error) bool {
	return isCode(err, codeDeadlock) || isCode(err, codeSerialization) || violates(err, "idempotency_key_pkey") || pgconn.SafeToRetry(err)
}

func isCode(err error, code string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == code
}

// violates reports whether err is the violation of the named constraint.
func violates(err error, constraint string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.ConstraintName == constraint &&
		(pgErr.Code == codeUniqueViolation || pgErr.Code == codeExclusionViolation)
}

// asRefusal is what the rules say to what the constraint found: the locks should have kept it from being asked. Whoever waited
// too long for the locks, or for the directory to stand still, is told so.
func asRefusal(err error) error {
	if violates(err, "allocation_no_overlap") {
		return clinic.Refuse(clinic.CodeSlotTaken, "That time has just been taken.")
	}
	if errors.Is(err, errStale) || isCode(err, codeLockNotAvailable) {
		return clinic.Refuse(clinic.CodeBusy, "The calendar is being changed at the moment. Please try again in a minute.")
	}
	return err
}

// connectionLost reports whether the connection broke, so that nobody knows whether a commit on its way was carried out.
func connectionLost(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok { // 57P01 to 57P03: the server is going down; 08...: the connection is
		return len(pgErr.Code) == 5 && (pgErr.Code[:4] == "57P0" || pgErr.Code[:2] == "08")
	}
	var netErr *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &netErr)
}

func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// null turns the zero id into no id, which is how the database has it.
func null(id uuid.UUID) uuid.NullUUID {
	return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil}
}
