package postgres

import (
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes that mean something to us.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeUniqueViolation    = "23505"
	codeExclusionViolation = "23P01"
	codeSerialization      = "40001"
	codeDeadlock           = "40P01"
)

// mayRunAgain reports whether a transaction left no trace and may succeed when it is run again.
func mayRunAgain(err error) bool {
	return isCode(err, codeDeadlock) || isCode(err, codeSerialization) || pgconn.SafeToRetry(err)
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

func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// null turns the zero id into no id, which is how the database has it.
func null(id uuid.UUID) uuid.NullUUID {
	return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil}
}
