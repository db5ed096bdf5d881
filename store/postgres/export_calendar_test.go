package postgres

// TakenStatements are the ways in which the search reads what is taken.
var TakenStatements = []string{takenOneLane, takenLanes}
