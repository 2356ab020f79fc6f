package io.understudy.router.sql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a session holds between transactions, by its server's own word.
 *
 * <p>Not seen: settings that the session's current role may not see, where {@code currval} and {@code random} stand, libraries that
 * were loaded, and what extensions keep in memory.
 *
 * @param settings what may follow the client to another server connection
 * @param pins what may not; one of each sort
 */
public record SessionState(SessionSettings settings, List<Pin> pins) {

    /** Prepared statements with such names are the router's, whether made by the protocol or by SQL. */
    public static final String OWN_PREPARED = "understudy_";

    /**
     * The question, to be asked outside of a transaction; its rows are for {@link #of}. Its one parameter, an array of text, is
     * {@link #array}. Everything is qualified: the session's search_path may be anything. For PostgreSQL 14 and later and for every role.
     * It fails where the client's encoding cannot write a name or value. Where it fails, the state is unknown.
     *
     * <p>Settings of a transaction look like the session's after SET TRANSACTION. Custom settings are asked for by name, because pg_settings
     * does not show them; those of a library that is loaded are in pg_settings. The role is in pg_settings neither; {@code none} says something
     * only where a role is set for new sessions.
     * 2615 is pg_namespace: on its schema depends every temporary object, and that has an index.
     */
    public static final String QUERY = """
            with s as materialized (
              select p.name, p.setting, p.source, p.context from pg_catalog.pg_settings p)
            select 'setting'::pg_catalog.text, s.name, s.setting from s
              where s.source operator(pg_catalog.=) 'session'
                and (s.context operator(pg_catalog.=) 'user' or s.context operator(pg_catalog.=) 'superuser')
                and s.name operator(pg_catalog.<>) 'transaction_isolation'
                and s.name operator(pg_catalog.<>) 'transaction_read_only'
                and s.name operator(pg_catalog.<>) 'transaction_deferrable'
            union all select 'setting', c.name, pg_catalog.current_setting(c.name, true)
              from pg_catalog.unnest($1::pg_catalog.text[]) c(name)
              where pg_catalog.current_setting(c.name, true) is not null
                and not exists (select from s where pg_catalog.lower(s.name) operator(pg_catalog.=) c.name)
            union all select 'setting', 'role', pg_catalog.current_setting('role')
              where pg_catalog.current_setting('role') operator(pg_catalog.<>) 'none'
                or exists (select from pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) e(entry)
                  where pg_catalog.starts_with(e.entry, 'role='))
            union all select 'user', session_user::pg_catalog.text, null
              where exists (select from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a, pg_catalog.pg_roles r
                where r.oid operator(pg_catalog.=) a.usesysid and r.rolname operator(pg_catalog.<>) session_user)
            union all (select 'temporary', o.type, o.name
              from pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
              where pg_catalog.pg_my_temp_schema() operator(pg_catalog.<>) 0::pg_catalog.oid
                and d.refclassid operator(pg_catalog.=) 2615::pg_catalog.oid
                and d.refobjid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema() limit 1)
            union all (select 'cursor', c.name, null from pg_catalog.pg_cursors c where c.is_holdable limit 1)
            union all (select 'advisory', null, null from pg_catalog.pg_locks l
              where l.locktype operator(pg_catalog.=) 'advisory'
                and l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid() limit 1)
            union all (select 'listen', l.channel, null from pg_catalog.pg_listening_channels() l(channel) limit 1)
            union all (select 'prepared', p.name, null from pg_catalog.pg_prepared_statements p
              where p.from_sql and not pg_catalog.starts_with(p.name, 'understudy_') limit 1)""";

    public SessionState {
        pins = List.copyOf(pins);
    }

    /** The question as one text for a simple query. */
    public static String query(Collection<String> customSettings) {
        String array = array(customSettings).replace("\\", "\\\\").replace("'", "''");
        return QUERY.replace("$1", "E'" + array + "'");
    }

    /**
     * The parameter of {@link #QUERY}, in text format.
     *
     * @param customSettings names of {@link CustomSettings} that the session may have, in lower case
     */
    public static String array(Collection<String> customSettings) {
        StringBuilder array = new StringBuilder("{");
        for (String name : customSettings) {
            array.append(array.length() == 1 ? "\"" : ",\"")
                    .append(name.replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"');
        }
        return array.append('}').toString();
    }

    /**
     * Reads the answer.
     *
     * @param rows decoded as ISO-8859-1, null for NULL
     * @throws IllegalArgumentException when they are no answer to this question
     */
    public static SessionState of(List<? extends List<@Nullable String>> rows, SessionSettings.Interner interner) {
        Map<String, String> settings = new HashMap<>();
        List<Pin> pins = new ArrayList<>();
        for (List<@Nullable String> row : rows) {
            String name = Objects.requireNonNullElse(row.get(1), "");
            String value = Objects.requireNonNullElse(row.get(2), "");
            switch (Objects.requireNonNullElse(row.get(0), "")) {
                case "setting" -> settings.put(name, value);
                case "user" -> pins.add(new Pin("SET SESSION AUTHORIZATION \"%s\"".formatted(name)));
                case "temporary" -> pins.add(new Pin(("temporary " + name + " " + value).strip()));
                case "cursor" -> pins.add(new Pin("held cursor \"%s\"".formatted(name)));
                case "advisory" -> pins.add(new Pin("advisory lock of the session"));
                case "listen" -> pins.add(new Pin("LISTEN on channel \"%s\"".formatted(name)));
                case "prepared" -> pins.add(new Pin("PREPARE \"%s\" that the router did not rename".formatted(name)));
                default ->
                    throw new IllegalArgumentException("The server answered " + row
                            + " when asked for the session's state: expected setting, user, temporary, cursor, advisory,"
                            + " listen or prepared first. Please report it.");
            }
        }
        return new SessionState(interner.of(settings), pins);
    }
}
