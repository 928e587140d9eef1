namespace MicroGpt.Tests;

public sealed class SamplerTests
{
    static readonly Corpus corpus = Corpus.Load(Path.Join(Golden.Root, "data", "names.txt"));
    static readonly Gpt gpt = Gpt.Train(corpus, new TrainingOptions { Steps = 200, BlockSize = 10 });

    // Drawing as it is defined: slow, plain, and sharing only the engine's parts with the sampler.
    static string Draw(SamplingOptions options, PythonRandom random)
    {
        var decoder = new Decoder(gpt.Parameters);
        var bos = gpt.Tokenizer.Bos;
        var tokens = new List<int> { bos };
        tokens.AddRange(gpt.Tokenizer.Encode(options.Prompt)[1..^1]);
        var logits = tokens.Select(token => decoder.Next(token).ToArray()).ToArray()[^1];
        while (tokens.Count - 1 < (options.MaxLength ?? 10))
        {
            var scores = logits.Select(logit => logit * Math.Pow(options.Temperature, -1)).ToArray();
            if (tokens.Count - 1 < options.MinLength)
            {
                scores[bos] = double.NegativeInfinity;
            }
            var p = new double[scores.Length];
            Softmax.Apply(scores, p);
            var likeliest = p.Index().OrderByDescending(pair => pair.Item).Take(options.TopK ?? p.Length).ToArray();
            var enough = (options.TopP ?? 1) * likeliest.Sum(pair => pair.Item);
            var kept = Enumerable.Range(0, likeliest.Length)
                .Where(rank => options.TopP is null or 1 || likeliest.Take(rank).Sum(pair => pair.Item) < enough)
                .Select(rank => likeliest[rank].Index).ToHashSet();
            var token = random.Choice([.. p.Select((probability, i) => kept.Contains(i) ? probability : 0)]);
            if (token == bos)
            {
                break;
            }
            tokens.Add(token);
            logits = tokens.Count <= 10 ? decoder.Next(token).ToArray() : [];
        }
        return string.Concat(tokens.Skip(1).Select(gpt.Tokenizer.Decode));
    }

    [Fact]
    public void Any_options_draw_what_their_definition_draws()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 400; trial++)
        {
            var max = random.Next(1, 11);
            var name = corpus[random.Next(corpus.Count)];
            var options = new SamplingOptions
            {
                Prompt = random.Next(2) == 0 ? "" : name[..random.Next(Math.Min(max, name.Length))],
                Temperature = Math.Exp(random.NextDouble() * 4 - 2),
                TopK = random.Next(2) == 0 ? null : random.Next(1, 40),
                TopP = random.Next(2) == 0 ? null : 1 - random.NextDouble(),
                MinLength = random.Next(max + 1),
                MaxLength = max == 10 && random.Next(2) == 0 ? null : max,
            };
            var naive = new PythonRandom(trial);
            var expected = Enumerable.Range(0, 5).Select(_ => Draw(options, naive)).ToArray();
            var drawn = gpt.Generate(trial, options).Take(5).ToArray();
            Assert.True(expected.SequenceEqual(drawn),
                $"{options}: {string.Join(' ', expected)}, drawn {string.Join(' ', drawn)}");
            Assert.All(drawn, document =>
            {
                Assert.StartsWith(options.Prompt, document, StringComparison.Ordinal);
                Assert.InRange(document.Length, Math.Max(options.MinLength, options.Prompt.Length), max);
            });
        }
    }

    [Fact]
    public void Same_seed_same_documents_wherever_the_model_comes_from()
    {
        var path = Path.GetTempFileName();
        gpt.Save(path);
        var loaded = Gpt.Load(path);
        File.Delete(path);
        var expected = gpt.Generate(seed: 5).Take(30).ToArray();
        Assert.Equal(expected, gpt.Generate(seed: 5).Take(30));
        Assert.Equal(expected, loaded.Generate(seed: 5).Take(30));
        Assert.NotEqual(expected, loaded.Generate(seed: 6).Take(30));
        Assert.NotEqual(loaded.Generate().Take(30), loaded.Generate().Take(30)); // no seed: others each time
        var documents = gpt.Generate(seed: 5);
        Assert.Equal(documents.Take(30), documents.Take(30)); // a sequence begins anew when enumerated anew
    }

    [Fact]
    public void Threads_may_share_a_model()
    {
        var expected = Enumerable.Range(0, 16).Select(seed => gpt.Generate(seed).Take(50).ToArray()).ToArray();
        var drawn = new string[16][];
        Parallel.For(0, 16, seed => drawn[seed] = [.. gpt.Generate(seed).Take(50)]);
        Assert.Equal(expected, drawn);
    }

    [Fact]
    public void Near_zero_temperature_and_top_1_take_the_likeliest_token()
    {
        var clear = 0;
        foreach (var prompt in gpt.Tokenizer.Characters.Select(letter => letter.ToString()))
        {
            var (greedy, gap) = Greedy(prompt);
            Assert.All(gpt.Generate(1, new() { Prompt = prompt, Temperature = 50, TopK = 1 }).Take(5), document =>
                Assert.Equal(greedy, document));
            var least = new SamplingOptions { Prompt = prompt, Temperature = 50, TopK = 2, TopP = double.Epsilon };
            Assert.Equal(greedy, gpt.Generate(1, least).First());
            if (gap > 0.15) // at a temperature of 0.01, 3 million to 1
            {
                clear++;
                Assert.All(gpt.Generate(1, new() { Prompt = prompt, Temperature = 0.01 }).Take(20), document =>
                    Assert.Equal(greedy, document));
            }
        }
        Assert.InRange(clear, 3, 26);
    }

    // The likeliest continuation, and by how much it is at the closest call.
    static (string Document, double Gap) Greedy(string prompt)
    {
        var decoder = new Decoder(gpt.Parameters);
        decoder.Next(gpt.Tokenizer.Bos);
        var (document, gap, token) = (prompt, double.MaxValue, gpt.Tokenizer.Encode(prompt)[1]);
        while (document.Length < 10)
        {
            var logits = decoder.Next(token).ToArray();
            var sorted = logits.OrderDescending().ToArray();
            gap = Math.Min(gap, sorted[0] - sorted[1]);
            token = Array.IndexOf(logits, sorted[0]);
            if (token == gpt.Tokenizer.Bos)
            {
                break;
            }
            document += gpt.Tokenizer.Decode(token);
        }
        return (document, gap);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(4, null)]
    [InlineData(null, 0.5)]
    [InlineData(6, 0.7)]
    public void Letters_come_as_often_as_they_are_likely(int? topK, double? topP)
    {
        const int n = 20_000;
        var options = new SamplingOptions { Temperature = 1, MinLength = 1, MaxLength = 1, TopK = topK, TopP = topP };
        var counts = gpt.Generate(3, options).Take(n).CountBy(letter => letter).ToDictionary();

        var first = gpt.Tokenizer.Characters.Select(letter => letter.ToString())
            .Select(letter => (Letter: letter, P: gpt.Score(letter).Predictions[0].Probability))
            .OrderByDescending(pair => pair.P).ToArray();
        var kept = first.Take(topK ?? first.Length).ToArray();
        var enough = (topP ?? 1) * kept.Sum(pair => pair.P);
        kept = [.. kept.Where((_, rank) => topP == null || kept.Take(rank).Sum(pair => pair.P) < enough)];
        Assert.Equal(topK != null || topP != null, kept.Length < first.Length);
        var total = kept.Sum(pair => pair.P);
        Assert.Subset(kept.Select(pair => pair.Letter).ToHashSet(), counts.Keys.ToHashSet());
        Assert.All(kept, pair =>
        {
            var p = pair.P / total;
            var sigma = Math.Sqrt(n * p * (1 - p));
            Assert.InRange(counts.GetValueOrDefault(pair.Letter), n * p - 5 * sigma - 1, n * p + 5 * sigma + 1);
        });
    }

    [Fact]
    public void Known_documents_can_be_excluded()
    {
        var all = gpt.Generate(seed: 9).Take(2000).ToArray();
        var known = all.Intersect(corpus).Count();
        Assert.True(known > 10, $"only {known} known names drawn");
        var expected = all.Where(document => !corpus.Contains(document)).ToArray();
        Assert.Equal(expected, gpt.Generate(9, new() { Exclude = corpus }).Take(expected.Length));

        var one = new SamplingOptions { TopK = 1 };
        var only = gpt.Generate(9, one).First();
        var none = gpt.Generate(9, one with { Exclude = [only] });
        var error = Assert.Throws<InvalidOperationException>(() => none.First());
        Assert.StartsWith("10000 documents in a row were excluded; ", error.Message);

        // Not in a row, as many as it takes: about half of 40,000 letters.
        var letter = new SamplingOptions { MinLength = 1, MaxLength = 1, TopK = 2, Temperature = 1 };
        var two = gpt.Generate(1, letter).Take(100).Distinct().ToArray();
        Assert.Equal(2, two.Length);
        var other = gpt.Generate(1, letter with { Exclude = [two[0]] }).Take(20_000);
        Assert.All(other, drawn => Assert.Equal(two[1], drawn));
    }

    [Fact]
    public void A_known_document_longer_than_the_block_excludes_the_part_that_fits()
    {
        var letter = new SamplingOptions { MinLength = 10, TopK = 1 }; // as long as the block
        var only = gpt.Generate(1, letter).First();
        Assert.Equal(10, only.Length);
        var none = gpt.Generate(1, letter with { Exclude = [only + "and more"] });
        Assert.Throws<InvalidOperationException>(() => none.First());
    }

    [Fact]
    public void A_set_of_known_documents_is_used_as_it_is()
    {
        var all = gpt.Generate(seed: 9).Take(500).ToArray();
        var known = new HashSet<string>(["ANNA"], StringComparer.OrdinalIgnoreCase);
        known.UnionWith(all.Take(5).Select(document => document.ToUpperInvariant()));
        Assert.Equal(all.Where(document => !known.Contains(document)).Take(400),
            gpt.Generate(9, new() { Exclude = known }).Take(400));
        using var growing = gpt.Generate(9, new() { Exclude = known }).GetEnumerator();
        var drawn = new List<string>();
        while (drawn.Count < 100)
        {
            growing.MoveNext();
            Assert.DoesNotContain(growing.Current, drawn);
            drawn.Add(growing.Current);
            known.Add(growing.Current); // each document is known from now on
        }
        var long10 = gpt.Generate(1, new() { MinLength = 10, TopK = 1 }).First();
        var none = gpt.Generate(1, new() { MinLength = 10, TopK = 1, Exclude = new HashSet<string> { long10 + "a" } });
        Assert.Throws<InvalidOperationException>(() => none.First());
    }

    [Fact]
    public void Distinct_documents_are_those_drawn_without_the_repeats()
    {
        var all = gpt.Generate(seed: 9).Take(3000).ToArray();
        var expected = all.Distinct().ToArray();
        Assert.InRange(expected.Length, 100, 2990);
        var distinct = gpt.Generate(9, new() { Distinct = true });
        Assert.Equal(expected, distinct.Take(expected.Length));
        Assert.Equal(expected, distinct.Take(expected.Length)); // each enumeration begins anew
        Assert.Equal(expected.Except(corpus),
            gpt.Generate(9, new() { Distinct = true, Exclude = corpus }).Take(expected.Except(corpus).Count()));

        // There are 26 letters.
        var letters = new SamplingOptions { MinLength = 1, MaxLength = 1, Temperature = 5, Distinct = true };
        Assert.Equal(26, gpt.Generate(1, letters).Take(26).Distinct().Count());
        var error = Assert.Throws<InvalidOperationException>(() => gpt.Generate(1, letters).Take(27).Count());
        Assert.StartsWith("10000 documents in a row were excluded; ", error.Message);
        Assert.NotEmpty(gpt.Stream(1, new() { MinLength = 1, Distinct = true }));
    }

    [Fact]
    public void Whole_documents_are_those_that_the_model_ended()
    {
        var options = new SamplingOptions { MaxLength = 6 };
        var all = gpt.Generate(seed: 9, options).Take(500).ToArray();
        var whole = all.Where(document => document.Length < 6).ToArray();
        Assert.InRange(whole.Length, 50, 450);
        Assert.Equal(whole, gpt.Generate(9, options with { Whole = true }).Take(whole.Length));
        Assert.All(gpt.Generate(9, new() { Whole = true }).Take(500), document => Assert.InRange(document.Length, 0, 9));
        var none = gpt.Generate(1, new() { MinLength = 6, MaxLength = 6, Whole = true });
        Assert.Throws<InvalidOperationException>(() => none.First());
    }

    [Fact]
    public void Generating_and_streaming_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        var drawn = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var document in gpt.Generate(1, cancellation: source.Token))
            {
                if (++drawn == 3)
                {
                    source.Cancel();
                }
            }
        });
        Assert.Equal(3, drawn);
        Assert.Throws<OperationCanceledException>(
            () => gpt.Stream(1, new() { MinLength = 5 }, source.Token).Count());
        // Also where nothing is ever drawn that may be returned.
        var only = gpt.Generate(1, new() { TopK = 1 }).First();
        Assert.Throws<OperationCanceledException>(
            () => gpt.Generate(1, new() { TopK = 1, Exclude = [only] }, source.Token).First());
    }

    [Fact]
    public void Of_equally_likely_tokens_the_lower_ids_are_kept()
    {
        var even = new Trainer(corpus, new()).Snapshot();
        even.Parameters.Values.AsSpan().Clear(); // every token is as likely as any other
        var drawn = even.Generate(1, new() { TopK = 3, MinLength = 16 }).Take(20).SelectMany(document => document);
        Assert.Equal("abc", string.Concat(drawn.Distinct().Order()));
        drawn = even.Generate(1, new() { TopP = 1.5 / 26, MinLength = 16 }).Take(20).SelectMany(document => document);
        Assert.Equal("ab", string.Concat(drawn.Distinct().Order()));
    }

    [Fact]
    public void A_stream_gives_the_characters_of_the_first_document()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Equal(gpt.Generate(seed).First(), string.Concat(gpt.Stream(seed)));
        }
        var options = new SamplingOptions { Prompt = "mar", MinLength = 5 };
        Assert.Equal(gpt.Generate(1, options).First(), "mar" + string.Concat(gpt.Stream(1, options)));
        Assert.Throws<ArgumentException>(() => gpt.Stream(1, new() { Exclude = [] }));
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused_at_once()
    {
        Assert.Throws<ArgumentException>(() => gpt.Generate(1, new() { MinLength = 11 }));
        Assert.Throws<ArgumentException>(() => gpt.Generate(1, new() { MinLength = 4, MaxLength = 3 }));
        Assert.Throws<ArgumentException>(() => gpt.Generate(1, new() { Prompt = "abcdefghij" }));
        Assert.Throws<ArgumentException>(() => gpt.Stream(1, new() { Prompt = "abc", MaxLength = 3 }));
        var chunks = Corpus.Load(new MemoryStream("abc"u8.ToArray()), "abc", DocumentUnit.Chunk, chunkLength: 2);
        var running = new Trainer(chunks, new()).Snapshot();
        Assert.Throws<ArgumentException>(() => running.Generate(1, new() { Whole = true }));
        var unknown = Assert.Throws<UnknownCharacterException>(() => gpt.Generate(1, new() { Prompt = "É" }));
        Assert.Contains("'É' (U+00C9)", unknown.Message);
        Assert.Equal(10, gpt.Generate(1, new() { Prompt = "abcdefghi", MinLength = 10 }).First().Length);
        Assert.All([0, -1, 1e-4, 1e4, double.NaN], t =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { Temperature = t }));
        Assert.All([0, -1, 1.01, double.NaN], p =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopP = p }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopK = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { MinLength = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { MaxLength = 0 });
    }

    [Fact]
    public void Parameters_too_large_to_compute_with_are_an_error()
    {
        var huge = new Trainer(corpus, new()).Snapshot();
        huge.Parameters.Values.AsSpan().Clear();
        huge.Parameters["wte"].Fill(1);
        huge.Parameters["lm_head"].Fill(double.MaxValue);
        Assert.Throws<InvalidOperationException>(() => huge.Generate(1).First());
    }
}
