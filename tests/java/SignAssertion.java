import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;

/** An assertion by the JDK alone, with the key of a JKS; exp as a number, or as text. */
class SignAssertion {
    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    public static void main(String[] arguments) throws Exception {
        String file = arguments[0], alias = arguments[2], clientId = arguments[3];
        char[] password = arguments[1].toCharArray();
        String quote = arguments[4].equals("text") ? "\"" : "";
        KeyStore store = KeyStore.getInstance("JKS");
        try (FileInputStream in = new FileInputStream(file)) {
            store.load(in, password);
        }
        String claims = "{\"iss\": \"" + clientId + "\", \"sub\": \"ADMIN-3dvj@force.com\", "
            + "\"aud\": \"https://login.salesforce.com\", \"exp\": " + quote + (Instant.now().getEpochSecond() + 180) + quote + "}";
        String message = encode("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8)) + "."
            + encode(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign((PrivateKey) store.getKey(alias, password));
        signature.update(message.getBytes(StandardCharsets.US_ASCII));
        System.out.print(message + "." + encode(signature.sign()));
    }
}
