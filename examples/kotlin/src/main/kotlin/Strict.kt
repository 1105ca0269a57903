import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import okhttp3.OkHttpClient

/** A token pair as an app may have written it down by hand. */
@Serializable private data class Tokens(val access_token: String, val refresh_token: String)

private val strict = Json { ignoreUnknownKeys = false }

/**
 * The scenario once more; every token pair is also decoded by a decoder that refuses a member it does
 * not know, as old clients do.
 */
fun main() {
    var decoded = 0
    val decodeTokens = OkHttpClient.Builder().addInterceptor { chain ->
        val response = chain.proceed(chain.request())
        val path = chain.request().url.encodedPath
        if (response.isSuccessful && path in listOf("/auth/login", "/auth/refresh")) {
            strict.decodeFromString<Tokens>(response.peekBody(Long.MAX_VALUE).string())
            decoded += 1
        }
        response
    }
    scenario(decodeTokens.build())
    check(decoded == 3) { "decoded $decoded token pairs" }
}
