using System.Text;

namespace MicroGpt.Tests;

public sealed class NGramsTests
{
    // Two documents, "ab" and "a". What is predicted, after what: a after BOS twice, b and BOS after a, BOS after b.
    static readonly Corpus two = new(["ab", "a"]);
    static readonly Tokenizer ofTwo = new(two);

    [Fact]
    public void Single_letters_are_what_a_person_counts()
    {
        var counts = NGrams.Count(two, ofTwo, order: 1, discount: 0.5);
        // Of five tokens, two are a, one is b, two are BOS. Each loses a half, 1.5 of 5 in all, shared by the three.
        double frequent = (2 - 0.5) / 5 + 1.5 / 5 / 3, rare = (1 - 0.5) / 5 + 1.5 / 5 / 3;
        Assert.Equal(1, 2 * frequent + rare, tolerance: 1e-15);
        IsLoss(-Math.Log(frequent * frequent), counts.Evaluate(["a"]), predictions: 2);
        IsLoss(-Math.Log(rare * rare * frequent), counts.Evaluate(["bb"]), predictions: 3);
    }

    [Fact]
    public void Bigrams_are_what_a_person_counts()
    {
        var counts = NGrams.Count(two, ofTwo, order: 2, discount: 0.5);
        // Different tokens before a: one, BOS. Before b: one, a. Before BOS: two, a and b. Four in all.
        double a = 0.5 / 4 + 1.5 / 4 / 3, b = a, bos = 1.5 / 4 + 1.5 / 4 / 3;
        // After BOS, a twice; after a, b once and BOS once; after b, BOS once.
        double aAfterBos = 1.5 / 2 + 0.5 / 2 * a, bosAfterA = 0.5 / 2 + 2 * 0.5 / 2 * bos;
        double bAfterBos = 0.5 / 2 * b, bAfterB = 0.5 * b, bosAfterB = 0.5 + 0.5 * bos;
        IsLoss(-Math.Log(aAfterBos * bosAfterA), counts.Evaluate(["a"]), predictions: 2);
        IsLoss(-Math.Log(bAfterBos * bAfterB * bosAfterB), counts.Evaluate(["bb"]), predictions: 3);
    }

    [Fact]
    public void Running_text_has_no_end_and_is_counted_across_chunks()
    {
        var chunks = Corpus.Load(new MemoryStream("abab"u8.ToArray()), "abab", DocumentUnit.Chunk, chunkLength: 2);
        var counts = NGrams.Count(chunks, new(chunks), order: 2, discount: 0.5);
        // Before a: the beginning and b; before b: a. With BOS, which does not occur, three tokens.
        double a = 1.5 / 3 + 1.0 / 3 / 3, b = 0.5 / 3 + 1.0 / 3 / 3;
        // After a, b twice; after b, a once, which only the text across the chunks has.
        double bAfterA = 1.5 / 2 + 0.5 / 2 * b, aAfterB = 0.5 + 0.5 * a;
        IsLoss(-Math.Log(a * bAfterA * aAfterB), counts.Evaluate(["aba"]), predictions: 3);
        IsLoss(-Math.Log(b), counts.Evaluate(["b"]), predictions: 1);
        Assert.Equal(["abab"], chunks.RunningText());
    }

    [Theory]
    [InlineData(DocumentUnit.Line)]
    [InlineData(DocumentUnit.Chunk)]
    public void Any_order_and_discount_gives_what_the_definition_gives(DocumentUnit unit)
    {
        var random = new Random(1);
        for (var trial = 0; trial < 60; trial++)
        {
            var alphabet = random.Next(1, 5);
            var text = string.Concat(Enumerable.Range(0, random.Next(2, 60)).Select(i =>
                i % 7 == 6 ? '\n' : (char)('a' + random.Next(alphabet))));
            var corpus = Corpus.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text", unit, chunkLength: 5);
            var tokenizer = new Tokenizer(corpus);
            var (order, discount) = (random.Next(1, 9), random.NextDouble());
            var plain = new PlainKneserNey(corpus, tokenizer, order, discount);
            var other = corpus.Concat([string.Concat(corpus.Reverse()), corpus[0][..1]]).ToArray();
            var counts = NGrams.Count(corpus, tokenizer, order, discount);
            Assert.Equal(plain.NegativeLogLikelihood(other), counts.Evaluate(other).NegativeLogLikelihood, 1e-9);
        }
    }

    [Fact]
    public void Probabilities_add_up_to_1_after_any_context()
    {
        var corpus = new Corpus(["abba", "baba", "cab", "a", "accb"]);
        var plain = new PlainKneserNey(corpus, new(corpus), order: 4, discount: 0.6);
        foreach (var context in new int[][] { [3], [3, 0], [3, 0, 1], [0, 1, 1], [2, 2, 2], [1] })
        {
            Assert.Equal(1, Enumerable.Range(0, 4).Sum(next => plain.Probability(context, next)), tolerance: 1e-12);
        }
    }

    [Fact]
    public void Order_and_discount_are_those_that_predict_held_out_text()
    {
        // Each character depends on the three before it, and on no more.
        var random = new Random(1);
        var text = new StringBuilder("abc");
        while (text.Length < 30_000)
        {
            var likely = (text[^1] + (text[^2] == 'a' ? 1 : text[^3] == 'a' ? 2 : 3)) % 4;
            text.Append((char)('a' + (random.Next(10) > 0 ? likely : random.Next(4))));
        }
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        var corpus = Corpus.Load(new MemoryStream(bytes), "text", DocumentUnit.Chunk, chunkLength: 50);
        var counts = NGrams.Count(corpus, new(corpus));
        Assert.InRange(counts.Order, 4, 5); // with a large discount a longer context costs next to nothing
        Assert.Equal(2, NGrams.Count(corpus, new(corpus), order: 2).Order);

        // Nothing predicts noise: whatever is chosen costs next to nothing beside a uniform guess.
        Corpus Noise()
        {
            byte[] letters = [.. Enumerable.Range(0, 5000).Select(_ => (byte)('a' + random.Next(26)))];
            return Corpus.Load(new MemoryStream(letters), "noise", DocumentUnit.Chunk, chunkLength: 50);
        }
        var noise = Noise();
        var loss = NGrams.Count(noise, new(noise)).Evaluate(Noise()).Loss;
        Assert.InRange(loss, Math.Log(26) - 0.01, Math.Log(26) + 0.02);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("anna", "bob")]
    [InlineData("a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a")]
    [InlineData("𝒳𝒴", "😀", "é")]
    public void Small_texts_have_counts_too(params string[] documents)
    {
        var corpus = new Corpus(documents);
        var counts = NGrams.Count(corpus, new(corpus));
        var evaluation = counts.Evaluate(corpus);
        Assert.InRange(evaluation.Loss, 0, Math.Log(new Tokenizer(corpus).VocabSize));
        Assert.Equal(documents.Sum(document => document.EnumerateRunes().Count() + 1), evaluation.Predictions);
        Assert.Equal((documents.Length, 0), (evaluation.Documents, evaluation.TruncatedDocuments));
    }

    [Fact]
    public void Only_what_a_model_sees_is_predicted()
    {
        var counts = NGrams.Count(two, ofTwo, order: 2, discount: 0.5);
        var whole = counts.Evaluate(["abab", "a"]);
        var cut = counts.Evaluate(["abab", "a"], blockSize: 4);
        Assert.Equal((0, 7), (whole.TruncatedDocuments, whole.Predictions));
        Assert.Equal((1, 6), (cut.TruncatedDocuments, cut.Predictions));
        Assert.True(cut.NegativeLogLikelihood < whole.NegativeLogLikelihood);
        Assert.Throws<ArgumentException>(() => counts.Evaluate([]));
        Assert.Throws<UnknownCharacterException>(() => counts.Evaluate(["abc"]));
        Assert.Throws<UnknownCharacterException>(() => NGrams.Count(new(["abc"]), ofTwo));
        Assert.Throws<ArgumentOutOfRangeException>(() => NGrams.Count(two, ofTwo, 0));
    }

    [Fact]
    public void Chunks_that_do_not_follow_each_other_are_not_joined()
    {
        var bytes = Encoding.UTF8.GetBytes("one\ntwo\n𝒳three four five six");
        var all = Corpus.Load(new MemoryStream(bytes), "text", DocumentUnit.Chunk, chunkLength: 4);
        Assert.Equal(["one\ntwo\n𝒳three four five six"], all.RunningText());
        Assert.Equal(["one\ntwo\n", "ee four "], all.Subset([0, 1, 3, 4]).RunningText());
        Assert.Equal(["a", "b"], new Corpus(["a", "b"]).RunningText());
    }

    [Fact]
    public void Names_and_Shakespeare_are_predicted_as_well_as_by_any_such_program()
    {
        var names = Corpus.Load(Repository.SharedData("makemore-names.txt"));
        var (train, heldOut) = names.Split(1000.0 / names.Count, seed: 4);
        var counts = NGrams.Count(train, new(names));
        Assert.Equal(6, counts.Order);
        Assert.InRange(counts.Evaluate(heldOut).Loss, 1.972, 1.973);

        var text = File.ReadAllText(Repository.SharedData("tinyshakespeare.txt"));
        var (first, last) = (Chunks(text[..(text.Length / 10 * 9)]), Chunks(text[(text.Length / 10 * 9)..]));
        counts = NGrams.Count(first, new(Chunks(text)));
        Assert.Equal(7, counts.Order);
        Assert.InRange(counts.Evaluate(last.RunningText()).Loss, 1.521, 1.525);

        static Corpus Chunks(string text) =>
            Corpus.Load(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text", DocumentUnit.Chunk, chunkLength: 64);
    }

    static void IsLoss(double expected, Evaluation evaluation, int predictions)
    {
        Assert.Equal(predictions, evaluation.Predictions);
        Assert.Equal(expected, evaluation.NegativeLogLikelihood, tolerance: 1e-12);
    }
}
