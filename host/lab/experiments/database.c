/* database.c -- connections to one SQLite database: additions that are lost or refused, what a
 * reader sees while another connection writes, and who waits for whom. */
#include "lab/lab.h"
#include "lab/tally.h"
#include "lab/team.h"

#include "image/temporary_folder.h"
#include "store/database.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMBERS_MAX = 16,
    ADDITIONS = 50, /* of a member in a run */
    READS = 50,     /* of each reader in a run */
    WRITES = 50,    /* of the writer */
    ROUNDS = 10,    /* of what one reader sees */
    ADDING = 4,     /* variants that add; then those with readers; then those with one reader */
    READING = 6,
    VARIANTS = 9
};

/* How a change reaches the file: it goes to the end of a log, or in place, after what was there has
 * gone to a journal. */
enum journal { LOG, ROLLBACK, JOURNALS };

struct variant {
    const char *name;
    enum journal journal;
    /* An addition; refused: it has to be made again. */
    enum tri_database_answer (*add)(struct variant *variant, struct tri_database *database);
    bool transaction; /* of the reader's two reads */
    struct database *whole;
    struct tri_lab_tally figures[2];
};

struct database {
    const struct tri_database_calls *sql;
    struct tri_lab_team *team;
    char *folder;
    int members;
    struct tri_database *connections[JOURNALS][MEMBERS_MAX];
    struct tri_database *impatient[JOURNALS][2]; /* a reader and a writer */
    long repeats[MEMBERS_MAX];
    struct variant variants[VARIANTS];
};

/* ---- statements ---- */

/* Runs statements, and ends the experiment if they fail. */
static enum tri_database_answer ask(const struct variant *variant, struct tri_database *database,
                                    const char *sql, int64_t *number)
{
    struct tri_error error;
    const enum tri_database_answer answer = variant->whole->sql->run(database, sql, number, &error);

    if (answer == TRI_DATABASE_FAILED)
        tri_lab_row_failed(TRI_FAILED, &error);
    return answer;
}

/* Runs statements that nobody can be in the way of for long. */
static void insist(const struct variant *variant, struct tri_database *database, const char *sql,
                   int64_t *number)
{
    struct tri_error error;

    if (ask(variant, database, sql, number) == TRI_DATABASE_REFUSED) {
        tri_fail(&error, TRI_FAILED, "SQLite refused '%.60s': another connection has a lock", sql);
        tri_lab_row_failed(TRI_FAILED, &error);
    }
}

/* ---- additions ---- */

static enum tri_database_answer store_sum(struct variant *variant, struct tri_database *database,
                                          int64_t before)
{
    char sql[80];

    snprintf(sql, sizeof sql, "UPDATE counter SET number = %lld", (long long)before + 1);
    return ask(variant, database, sql, NULL);
}

#define READ_COUNTER "SELECT number FROM counter"

/* Each of the two is a transaction of its own. */
static enum tri_database_answer read_then_write(struct variant *variant,
                                                struct tri_database *database)
{
    int64_t before = 0;
    const enum tri_database_answer answer = ask(variant, database, READ_COUNTER, &before);

    return answer == TRI_DATABASE_DONE ? store_sum(variant, database, before) : answer;
}

static enum tri_database_answer one_statement(struct variant *variant,
                                              struct tri_database *database)
{
    return ask(variant, database, "UPDATE counter SET number = number + 1", NULL);
}

static enum tri_database_answer in_transaction(struct variant *variant,
                                               struct tri_database *database, const char *begin)
{
    enum tri_database_answer answer = ask(variant, database, begin, NULL);

    if (answer != TRI_DATABASE_DONE)
        return answer;
    answer = read_then_write(variant, database);
    if (answer == TRI_DATABASE_DONE)
        answer = ask(variant, database, "COMMIT", NULL);
    if (answer != TRI_DATABASE_DONE)
        ask(variant, database, "ROLLBACK", NULL);
    return answer;
}

static enum tri_database_answer deferred(struct variant *variant, struct tri_database *database)
{
    return in_transaction(variant, database, "BEGIN DEFERRED");
}

static enum tri_database_answer immediate(struct variant *variant, struct tri_database *database)
{
    return in_transaction(variant, database, "BEGIN IMMEDIATE");
}

static void add_some(void *argument, int member)
{
    struct variant *variant = argument;
    struct database *whole = variant->whole;
    enum tri_database_answer answer = TRI_DATABASE_DONE;

    for (int done = 0; done < ADDITIONS && answer != TRI_DATABASE_FAILED;) {
        answer = variant->add(variant, whole->connections[LOG][member]);
        if (answer == TRI_DATABASE_DONE)
            done++;
        else
            whole->repeats[member]++;
    }
}

static void run_additions(void *argument)
{
    struct variant *variant = argument;
    struct database *whole = variant->whole;
    const double wanted = (double)ADDITIONS * whole->members;
    int64_t counted = 0;
    double repeats = 0;

    memset(whole->repeats, 0, sizeof whole->repeats);
    insist(variant, whole->connections[LOG][0], "UPDATE counter SET number = 0", NULL);
    tri_lab_team_run(whole->team, variant->name, add_some, variant);
    insist(variant, whole->connections[LOG][0], READ_COUNTER, &counted);
    for (int i = 0; i < whole->members; i++)
        repeats += (double)whole->repeats[i];
    tri_lab_tally_add(&variant->figures[0], 100 * (wanted - (double)counted) / wanted);
    tri_lab_tally_add(&variant->figures[1], 100 * repeats / wanted);
}

/* ---- a writer and readers ---- */

#define CHANGE "UPDATE item SET number = number + 1 WHERE id = 1"
#define READ_ALL "SELECT sum(number) FROM item"

static void read_or_write(void *argument, int member)
{
    struct variant *variant = argument;
    struct tri_database *database = variant->whole->connections[variant->journal][member];

    for (int i = 0; i < (member == 0 ? WRITES : READS); i++)
        insist(variant, database, member == 0 ? CHANGE : READ_ALL, NULL);
}

static double waits_of(const struct variant *variant)
{
    const struct database *whole = variant->whole;
    double waits = 0;

    for (int i = 0; i < whole->members; i++)
        waits += (double)whole->sql->waits(whole->connections[variant->journal][i]);
    return waits;
}

static void run_readers(void *argument)
{
    struct variant *variant = argument;
    const double before = waits_of(variant);

    tri_lab_team_run(variant->whole->team, variant->name, read_or_write, variant);
    tri_lab_tally_add(&variant->figures[0], waits_of(variant) - before);
}

/* ---- one reader, and a write between its reads ---- */

static void run_two_reads(void *argument)
{
    struct variant *variant = argument;
    struct tri_database *const *pair = variant->whole->impatient[variant->journal];

    for (int i = 0; i < ROUNDS; i++) {
        int64_t first = 0, second = 0;
        if (variant->transaction)
            insist(variant, pair[0], "BEGIN", NULL);
        insist(variant, pair[0], READ_ALL, &first);
        const bool refused = ask(variant, pair[1], CHANGE, NULL) == TRI_DATABASE_REFUSED;
        insist(variant, pair[0], READ_ALL, &second);
        if (variant->transaction)
            insist(variant, pair[0], "COMMIT", NULL);
        tri_lab_tally_add(&variant->figures[0], second != first ? 100 : 0);
        tri_lab_tally_add(&variant->figures[1], refused ? 100 : 0);
    }
}

/* ---- rows ---- */

static const struct variant variants[VARIANTS] = {
    {.name = "read, then write", .add = read_then_write},
    {.name = "one statement", .add = one_statement},
    {.name = "deferred transaction", .add = deferred},
    {.name = "immediate transaction", .add = immediate},
    {.name = "journal, writer and readers", .journal = ROLLBACK},
    {.name = "log, writer and readers", .journal = LOG},
    {.name = "log, two reads", .journal = LOG},
    {.name = "log, two reads in a transaction", .journal = LOG, .transaction = true},
    {.name = "journal, two reads in a transaction", .journal = ROLLBACK, .transaction = true}};

static struct tri_interval mean_of(const struct tri_lab_tally *tally)
{
    struct tri_interval mean = tri_lab_tally_mean(tally);

    mean.low = fmax(0, mean.low);
    return mean;
}

static struct tri_interval first_figure(void *argument)
{
    return mean_of(&((struct variant *)argument)->figures[0]);
}

static struct tri_interval second_figure(void *argument)
{
    return mean_of(&((struct variant *)argument)->figures[1]);
}

static void add_row(struct tri_lab_run *run, int i, const char *why)
{
    struct database *whole = run->context;
    const bool alone = i >= READING;
    void (*const work)(void *) = i < ADDING ? run_additions : alone ? run_two_reads : run_readers;
    static const char *const units[3][2] = {{"% lost", "% repeated"},
                                            {"waits", NULL},
                                            {"% of second reads differ", "% of writes refused"}};
    const int kind = i < ADDING ? 0 : alone ? 2 : 1;

    whole->variants[i] = variants[i];
    whole->variants[i].whole = whole;
    struct tri_lab_row *row = tri_lab_add(run, work, &whole->variants[i],
                                          alone ? 1 : whole->members, "%s", variants[i].name);
    row->base = i < ADDING ? 0 : alone ? READING : ADDING;
    tri_lab_add_figure(row, first_figure, units[kind][0]);
    if (units[kind][1] != NULL)
        tri_lab_add_figure(row, second_figure, units[kind][1]);
    if (why != NULL)
        tri_lab_skip(row, "%s", why);
    else if (kind == 1 && whole->members < 2)
        tri_lab_skip(row, "a writer and a reader take 2 workers");
}

/* ---- the databases ---- */

static const char *const modes[JOURNALS] = {
    [LOG] = "PRAGMA journal_mode = WAL;",
    [ROLLBACK] = "PRAGMA journal_mode = DELETE;",
};
#define FILL \
    "CREATE TABLE counter (number INTEGER);" \
    "INSERT INTO counter VALUES (0); CREATE TABLE item (id INTEGER PRIMARY KEY, number INTEGER);" \
    "INSERT INTO item WITH RECURSIVE i (id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM i WHERE " \
    "id < 2000) SELECT id, id FROM i"

static enum tri_status prepare(struct database *whole, struct tri_database *database,
                               const char *sql, struct tri_error *error)
{
    const enum tri_database_answer answer = whole->sql->run(database, sql, NULL, error);

    if (answer == TRI_DATABASE_REFUSED)
        return tri_fail(error, TRI_FAILED, "SQLite refused a change to a new database");
    return answer == TRI_DATABASE_DONE ? TRI_OK : TRI_FAILED;
}

/* Not synchronised with the disk at each change: times would be about the disk. */
static enum tri_status open_one(struct database *whole, enum journal journal, bool patient,
                                struct tri_database **database, struct tri_error *error)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s.db", whole->folder, journal == LOG ? "log" : "journal");
    const enum tri_status status = whole->sql->open(path, patient, database, error);
    return status == TRI_OK ? prepare(whole, *database, "PRAGMA synchronous = OFF", error) : status;
}

static enum tri_status open_databases(struct database *whole, enum journal journal,
                                      struct tri_error *error)
{
    enum tri_status status = TRI_OK;

    for (int i = 0; status == TRI_OK && i < whole->members; i++) {
        struct tri_database **database = &whole->connections[journal][i];
        status = open_one(whole, journal, true, database, error);
        if (status == TRI_OK && i == 0)
            status = prepare(whole, *database, modes[journal], error);
        if (status == TRI_OK && i == 0)
            status = prepare(whole, *database, FILL, error);
    }
    for (int i = 0; status == TRI_OK && i < 2; i++)
        status = open_one(whole, journal, false, &whole->impatient[journal][i], error);
    return status;
}

static enum tri_status open(struct tri_lab_run *run, struct tri_error *error)
{
    struct database *whole = run->context = calloc(1, sizeof *whole);

    if (whole == NULL)
        return tri_fail(error, TRI_FAILED, "out of memory for an experiment");
    whole->members = run->settings.workers < MEMBERS_MAX ? run->settings.workers : (int)MEMBERS_MAX;
    whole->sql = tri_database_load(error);
    for (int i = 0; i < VARIANTS; i++)
        add_row(run, i, whole->sql == NULL ? error->text : NULL);
    if (whole->sql == NULL)
        return TRI_OK;
    enum tri_status status = tri_temporary_folder_make("lab", &whole->folder, error);
    for (enum journal journal = LOG; status == TRI_OK && journal < JOURNALS; journal++)
        status = open_databases(whole, journal, error);
    return status == TRI_OK ? tri_lab_team_new(whole->members, &whole->team, error) : status;
}

static void close(struct tri_lab_run *run)
{
    struct database *whole = run->context;

    if (whole == NULL)
        return;
    for (int journal = 0; whole->sql != NULL && journal < JOURNALS; journal++) {
        for (int i = 0; i < MEMBERS_MAX; i++)
            whole->sql->close(whole->connections[journal][i]);
        for (int i = 0; i < 2; i++)
            whole->sql->close(whole->impatient[journal][i]);
    }
    tri_lab_team_free(whole->team);
    tri_temporary_folder_remove(whole->folder);
    free(whole);
}

/* ---- what follows ---- */

/* A figure of a row; NAN: it has not run. */
static double figure_of(const struct tri_lab_run *run, const char *name, int figure)
{
    const struct tri_lab_row *row = tri_lab_row(run, name);

    return row != NULL ? row->figures[figure].value.ratio : (double)NAN;
}

static void conclude_lost(struct tri_lab_run *run)
{
    const struct tri_lab_row *apart = tri_lab_row(run, "read, then write");
    static const char *const whole[] = {"one statement", "deferred transaction",
                                        "immediate transaction"};
    bool right = true;

    if (apart->figures[0].value.ratio > 0)
        tri_lab_say(run, TRI_LAB_SHOWN,
                    "%s %% of the additions are lost if a connection reads the number and then "
                    "writes the sum: each statement is a transaction, and others come between.",
                    tri_lab_words(&apart->figures[0].value).text);
    else
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    apart->workers > 1 ? "No addition was lost this time: nobody came between a "
                                         "read and its write. That proves nothing."
                                       : "No addition was lost: with one connection there is "
                                         "nobody to come between.");
    for (int i = 0; i < 3; i++)
        right = right && figure_of(run, whole[i], 0) == 0;
    tri_lab_say(run, right ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "None is lost if the two are one statement, or one transaction.");
}

static void conclude_refused(struct tri_lab_run *run)
{
    const struct tri_lab_row *deferred = tri_lab_row(run, "deferred transaction"),
                             *immediate = tri_lab_row(run, "immediate transaction");

    if (deferred == NULL || immediate == NULL)
        return;
    const double repeated = deferred->figures[1].value.ratio,
                 lost = deferred->figures[0].value.ratio;
    if (lost > 0 || repeated > 0)
        tri_lab_answer(run, lost > 0 ? 0 : 1);
    if (repeated > 0)
        tri_lab_say(run, immediate->figures[1].value.ratio == 0 ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                    "A deferred transaction has read before it asks to write: if another one "
                    "writes or has written meanwhile, it is refused. For each 100 additions, %s "
                    "were refused and repeated; of immediate ones, which wait before they read, "
                    "%.3g.",
                    tri_lab_words(&deferred->figures[1].value).text,
                    immediate->figures[1].value.ratio);
    else
        tri_lab_say(run, TRI_LAB_UNCLEAR,
                    "No deferred transaction was refused: none wrote while another one was under "
                    "way.");
}

static void conclude_readers(struct tri_lab_run *run)
{
    const struct tri_lab_row *log = tri_lab_row(run, "log, writer and readers"),
                             *journal = tri_lab_row(run, "journal, writer and readers");
    const struct tri_interval faster = tri_lab_faster(log, journal);

    if (log != NULL && journal != NULL)
        tri_lab_say(run, tri_lab_above(run, &faster, 1),
                    "With a write-ahead log, a writer and readers are done %s times as fast as "
                    "with a rollback journal. They waited %.3g times a run instead of %.3g: a "
                    "change goes to the log, and readers read on.",
                    tri_lab_words(&faster).text, log->figures[0].value.ratio,
                    journal->figures[0].value.ratio);
}

static void conclude_isolation(struct tri_lab_run *run)
{
    static const char *const log = "log, two reads in a transaction",
                             *const journal = "journal, two reads in a transaction";
    const double apart = figure_of(run, "log, two reads", 0), inside = figure_of(run, log, 0),
                 refused = figure_of(run, log, 1), held_up = figure_of(run, journal, 1);

    tri_lab_say(run, apart > 0 && inside == 0 ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "A write between two reads shows in the second one: in %.3g %% of the rounds if "
                "each read is by itself, in %.3g %% if both are in one transaction, which sees "
                "the database as it was when it first read.",
                apart, inside);
    tri_lab_say(run, refused == 0 && held_up > 0 ? TRI_LAB_SHOWN : TRI_LAB_REFUTED,
                "The log keeps both states, so the writer goes ahead: %.3g %% of its writes are "
                "refused. With a journal there is one state, and a reader holds the writer up: "
                "%.3g %%.",
                refused, held_up);
}

static void conclude(struct tri_lab_run *run)
{
    if (tri_lab_row(run, "read, then write") == NULL) {
        tri_lab_say_unmeasured(run);
        return;
    }
    conclude_lost(run);
    conclude_refused(run);
    conclude_readers(run);
    conclude_isolation(run);
}

TRI_LAB_EXPERIMENT(database) = {
    .name = "database",
    .claim = "Statements that belong together must be one transaction. One that will write has to "
             "say so before it reads; and with a write-ahead log, readers and a writer do not "
             "wait for each other.",
    .plan = "Each worker has a connection to one SQLite database and adds 1 to a number 50 times: "
            "reading and writing apart, as one statement, in deferred and in immediate "
            "transactions. Then one writes and the others read, with a rollback journal and with "
            "a write-ahead log; and one reads twice while another writes in between.",
    .question = "All connections add 1 to a number: BEGIN, read it, write the sum, COMMIT. What "
                "happens when two meet?",
    .answers = {"an addition is lost", "one is refused, and has to begin again",
                "one waits until the other is done"},
    .next = "triptych lab database --workers 1: nobody comes between.",
    .open = open,
    .conclude = conclude,
    .close = close,
};
