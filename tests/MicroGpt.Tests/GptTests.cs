namespace MicroGpt.Tests;

/// <summary>The way an application goes: load, train, save, load, generate.</summary>
public class GptTests
{
    [Theory]
    [InlineData("shipped-names-default")]
    [InlineData("names-default")]
    [InlineData("names-2layer")]
    [InlineData("unicode")]
    public void Training_and_sampling_give_what_python_recorded(string name)
    {
        var golden = Golden.Load(name);
        var corpus = Corpus.Load(golden.DataPath());
        Assert.Equal(golden.Number("num_docs"), corpus.Count);
        Assert.Equal(golden.Sha256("input_sha256"), corpus.Sha256);

        var losses = new List<double>();
        var gpt = Gpt.Train(corpus, golden.Options(), step => losses.Add(step.Loss));

        Assert.Equal(golden.Number("vocab_size"), gpt.Tokenizer.VocabSize);
        foreach (var (i, loss) in golden.Losses.Index())
        {
            Assert.True(Bits.Same(loss, losses[i]), $"step {i + 1}: {Bits.Hex(loss)}, here {Bits.Hex(losses[i])}");
        }
        Assert.Equal(golden.Losses.Length, losses.Count);
        Assert.Equal(golden.Sha256("final_params_sha256"), Golden.Sha256(gpt.Parameters.Values));
        Assert.Equal(golden.Samples, gpt.Generate().Take(20));
        Assert.Equal(golden.Samples, gpt.Generate().Take(20)); // a model does not change by sampling
    }

    [Fact]
    public void Five_lines_train_save_load_and_generate()
    {
        var (path, written) = (Path.GetTempFileName(), new StringWriter());

        var names = Corpus.Load(Path.Join(Golden.Root, "data", "names.txt"));
        var gpt = Gpt.Train(names, new TrainingOptions());
        gpt.Save(path);
        foreach (var name in Gpt.Load(path).Generate(seed: 42).Take(20))
        {
            written.WriteLine(name);
        }

        File.Delete(path);
        Assert.Equal(gpt.Generate(seed: 42).Take(20), written.ToString().TrimEnd().Split(written.NewLine));
        Assert.Equal(Golden.Load("shipped-names-default").Samples, gpt.Generate().Take(20));
    }
}
