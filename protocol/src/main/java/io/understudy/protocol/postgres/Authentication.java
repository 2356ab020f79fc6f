package io.understudy.protocol.postgres;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What the server asks for, or says, while it establishes who the client is. */
public sealed interface Authentication extends BackendMessage {
    char TYPE = 'R';

    /** Nothing more is asked. */
    record Ok() implements Authentication {
        @Override
        public ByteBuffer encode() {
            return Authentication.frame(0, Octets.EMPTY);
        }
    }

    /** The password itself is asked for. */
    record CleartextPassword() implements Authentication {
        @Override
        public ByteBuffer encode() {
            return Authentication.frame(3, Octets.EMPTY);
        }
    }

    /** An MD5 digest of the password and this salt of four bytes is asked for. */
    record Md5Password(Octets salt) implements Authentication {
        public Md5Password {
            if (salt.length() != 4) {
                throw new IllegalArgumentException("the salt has %d bytes, expected 4".formatted(salt.length()));
            }
        }

        @Override
        public ByteBuffer encode() {
            return Authentication.frame(5, salt);
        }
    }

    /** One of these SASL mechanisms is asked for, the server's favourite first. */
    record Sasl(List<String> mechanisms) implements Authentication {
        public Sasl {
            mechanisms = List.copyOf(mechanisms);
            if (mechanisms.contains("")) {
                throw new IllegalArgumentException("a mechanism has no name; an empty name ends the list");
            }
        }

        @Override
        public ByteBuffer encode() {
            return BodyWriter.frame(TYPE, out -> {
                out.int4(10);
                mechanisms.forEach(out::text);
                out.int1(0);
            });
        }
    }

    /** The mechanism's next challenge. */
    record SaslContinue(Octets data) implements Authentication {
        @Override
        public ByteBuffer encode() {
            return Authentication.frame(11, data);
        }
    }

    /** The mechanism's last word, by which the server proves itself. */
    record SaslFinal(Octets data) implements Authentication {
        @Override
        public ByteBuffer encode() {
            return Authentication.frame(12, data);
        }
    }

    /** Another method: Kerberos (2), GSS (7), SSPI (9), or one that did not exist when this was written. */
    record Other(int method, Octets data) implements Authentication {
        @Override
        public ByteBuffer encode() {
            return Authentication.frame(method, data);
        }
    }

    private static ByteBuffer frame(int method, Octets data) {
        return BodyWriter.frame(TYPE, out -> out.int4(method).octets(data));
    }

    static Authentication decode(Octets body) {
        BodyReader in = new BodyReader("Authentication", body);
        int method = in.int4("method");
        Authentication request = switch (method) {
            case 0 -> new Ok();
            case 3 -> new CleartextPassword();
            case 5 -> new Md5Password(in.octets("salt", 4));
            case 10 -> new Sasl(mechanisms(in));
            case 11 -> new SaslContinue(in.rest());
            case 12 -> new SaslFinal(in.rest());
            default -> new Other(method, in.rest());
        };
        in.end();
        return request;
    }

    private static List<String> mechanisms(BodyReader in) {
        List<String> mechanisms = new ArrayList<>();
        for (String name = in.text("mechanism"); !name.isEmpty(); name = in.text("mechanism")) {
            mechanisms.add(name);
        }
        return mechanisms;
    }
}
