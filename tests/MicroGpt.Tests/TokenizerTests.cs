namespace MicroGpt.Tests;

public class TokenizerTests
{
    [Fact]
    public void Ids_follow_the_order_of_code_points()
    {
        // In UTF-16 the fox, a surrogate pair from U+D83E on, would come before U+FF5E.
        var tokenizer = new Tokenizer(["b🦊a", "～ab"]);
        Assert.Equal("ab～🦊", tokenizer.Characters);
        Assert.Equal(4, tokenizer.Bos);
        Assert.Equal(5, tokenizer.VocabSize);
        Assert.Equal([4, 3, 0, 2, 4], tokenizer.Encode("🦊a～"));
        Assert.Equal([4, 4], tokenizer.Encode(""));
    }

    [Fact]
    public void Decoding_undoes_encoding()
    {
        string[] documents = ["Zoë", "🐻‍❄️", "שרה", "a\0b", "\ufeffx", "𝒜"];
        var tokenizer = new Tokenizer(documents);
        Assert.All(documents, document =>
            Assert.Equal(document, string.Concat(tokenizer.Encode(document)[1..^1].Select(tokenizer.Decode))));
        Assert.Equal(tokenizer.Characters, string.Concat(Enumerable.Range(0, tokenizer.Bos).Select(tokenizer.Decode)));
    }

    [Fact]
    public void Encoding_stops_where_the_memory_ends()
    {
        var tokenizer = new Tokenizer(["abc"]);
        var all = tokenizer.Encode("cab");
        for (var length = 0; length <= 7; length++)
        {
            var tokens = new int[length];
            Assert.Equal(Math.Min(length, all.Length), tokenizer.Encode("cab", tokens));
            Assert.Equal(all.Take(length), tokens.Take(all.Length));
        }
    }

    [Fact]
    public void An_unknown_character_is_named()
    {
        var tokenizer = new Tokenizer(["abc"]);
        Assert.Equal("the model does not know the character '🦊' (U+1F98A) in \"a🦊\"; it knows abc",
            Assert.Throws<UnknownCharacterException>(() => tokenizer.Encode("a🦊")).Message);
        Assert.Throws<UnknownCharacterException>(() => tokenizer.Encode("A"));
        Assert.Throws<ArgumentException>(() => new Tokenizer([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode(tokenizer.Bos));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode(-1));
    }
}
