// Takes mail for anybody, and logs for whom.
exports.hook_rcpt = (next) => next(OK)
exports.hook_queue = function (next, connection) {
  for (const recipient of connection.transaction.rcpt_to) this.logemerg(`taken ${recipient}`)
  next(OK)
}
