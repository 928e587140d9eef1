using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MicroGpt.Tests;

public sealed class CheckpointTests : IDisposable
{
    // Characters that JSON or UTF-16 treat in their own way.
    static readonly Corpus corpus = new(["ab\"c", "\\d🦊", "e/\u2028é", "\ufeffa\0", "<&>+'"]);
    static readonly TrainingOptions options =
        new() { Steps = 7, NLayer = 2, NEmbd = 6, NHead = 3, BlockSize = 5, Seed = -3 };

    readonly string folder = Directory.CreateTempSubdirectory("microgpt").FullName;

    string FilePath => Path.Join(folder, "model.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static Trainer Train(int steps)
    {
        var trainer = new Trainer(corpus, options);
        Assert.Equal(steps, trainer.Run().Take(steps).Count());
        return trainer;
    }

    [Fact]
    public void A_stream_holds_the_bytes_of_the_file()
    {
        var (gpt, path) = (Gpt.Train(new(["anna", "bert"]), new() { Steps = 5 }), Path.GetTempFileName());
        foreach (var single in (bool[])[false, true])
        {
            gpt.Save(path, single);
            var stream = new MemoryStream();
            stream.WriteByte(7); // a model may stand anywhere
            gpt.Save(stream, single);
            Assert.Equal(File.ReadAllBytes(path), stream.ToArray()[1..]);
            stream.Position = 1;
            Assert.Equal(Gpt.Load(path).Generate(3).Take(9), Gpt.Load(stream).Generate(3).Take(9));
            using var file = new BufferedStream(File.OpenRead(path));
            Assert.Equal(Gpt.Load(path).Parameters.Values, Gpt.Load(file).Parameters.Values);
        }
        File.Delete(path);
        var empty = Assert.Throws<CheckpointException>(() => Gpt.Load(new MemoryStream()));
        Assert.Contains("not a safetensors file", empty.Message);
        Assert.Throws<CheckpointException>(() => Gpt.Load(new MemoryStream(new byte[100])));
    }

    [Fact]
    public void A_model_comes_back_with_every_bit()
    {
        var gpt = Train(3).Snapshot();
        gpt.Parameters.Values[0] = -0.0;
        gpt.Parameters.Values[1] = double.Epsilon;
        gpt.Parameters.Values[2] = double.MaxValue;
        gpt.Save(FilePath);
        Assert.Equal([FilePath], Directory.GetFiles(folder));
        var loaded = Gpt.Load(FilePath);
        Assert.All(gpt.Parameters.Values.Zip(loaded.Parameters.Values), pair => Assert.True(
            Bits.Same(pair.First, pair.Second), $"{Bits.Hex(pair.First)}, loaded {Bits.Hex(pair.Second)}"));
        Assert.Equal(gpt.Config, loaded.Config);
        Assert.Equal(gpt.Tokenizer.Characters, loaded.Tokenizer.Characters);
        Assert.Equal(gpt.Provenance, loaded.Provenance);
        Assert.Equal((options, 3, corpus.Sha256),
            (loaded.Provenance.Options, loaded.Provenance.Steps, loaded.Provenance.CorpusSha256));
        gpt.Save(FilePath + "2");
        loaded.Save(FilePath + "3");
        Assert.Equal(File.ReadAllBytes(FilePath + "2"), File.ReadAllBytes(FilePath + "3"));
    }

    [Theory]
    [InlineData(DocumentUnit.Line, 0)]
    [InlineData(DocumentUnit.Line, 0.25)]
    [InlineData(DocumentUnit.Paragraph, 0.5)]
    [InlineData(DocumentUnit.Chunk, 0)]
    [InlineData(DocumentUnit.Chunk, 0.1)]
    public void A_model_remembers_how_its_text_was_read(DocumentUnit unit, double heldOut)
    {
        var text = Path.Join(folder, "text");
        File.WriteAllText(text, "ab\ncd\n\nef\ngh\n\nij");
        var whole = Corpus.Load(text, unit, chunkLength: 5);
        var part = heldOut > 0 ? whole.Split(heldOut, seed: -7).Train : whole;
        var trainer = new Trainer(part, options, new Tokenizer(whole));
        Assert.Equal(2, trainer.Run().Take(2).Count());
        trainer.Save(FilePath);
        var reading = Gpt.Load(FilePath).Provenance.Reading;
        Assert.Equal(part.Reading, reading);
        var again = Corpus.Load(text, reading.Unit, Math.Max(1, reading.ChunkLength));
        if (reading.ValidationFraction > 0)
        {
            (again, _) = again.Split(reading.ValidationFraction, reading.ValidationSeed);
        }
        Assert.Equal(2, Trainer.Resume(FilePath, again).Steps);
        File.Delete(text);
    }

    [Theory]
    [InlineData("documents", "words", "documents is words, not lines, paragraphs, chunks")]
    [InlineData("documents", "chunks", "the metadata has no chunk_length")]
    [InlineData("validation_fraction", "1", "validation_fraction is 1, not between 0 and 1")]
    [InlineData("validation_fraction", "NaN", "validation_fraction is NaN, not between 0 and 1")]
    [InlineData("validation_fraction", "0.5", "the metadata has no validation_seed")]
    public void A_damaged_reading_is_refused(string key, string value, string message)
    {
        Train(3).Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        var json = JsonNode.Parse(header)!;
        json["__metadata__"]![key] = value;
        File.WriteAllBytes(FilePath, Whole(json.ToJsonString(), data));
        Assert.Equal($"{FilePath}: {message}", Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath)).Message);
    }

    [Fact]
    public void Only_an_unfinished_run_can_be_resumed()
    {
        var trainer = Train(3);
        Assert.False(trainer.Snapshot().CanResume);
        trainer.Save(FilePath);
        Assert.True(Gpt.Load(FilePath).CanResume);
        trainer.Snapshot().Save(FilePath);
        Assert.False(Gpt.Load(FilePath).CanResume);
        Train(options.Steps).Save(FilePath);
        Assert.False(Gpt.Load(FilePath).CanResume);
    }

    [Fact]
    public void A_sound_file_of_another_model_is_named_as_such()
    {
        File.WriteAllBytes(
            FilePath, Whole("""{"bias":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""", new byte[4]));
        Assert.Equal($"{FilePath}: not a microgpt model: the metadata's format is not microgpt",
            Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath)).Message);
        File.WriteAllBytes(FilePath, Whole(
            """{"__metadata__":{"format":"pt"},"h.0.w":{"dtype":"F32","shape":[1,2,2],"data_offsets":[0,16]}}""",
            new byte[16]));
        Assert.Equal($"{FilePath}: not a microgpt model: the metadata's format is not microgpt",
            Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath)).Message);
    }

    [Fact]
    public void Numbers_are_written_alike_in_every_culture()
    {
        var gpt = Train(3).Snapshot();
        gpt.Save(FilePath);
        var expected = File.ReadAllBytes(FilePath);
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NegativeSign) = (",", "minus ");
        CultureInfo.CurrentCulture = culture; // of this test only
        gpt.Save(FilePath);
        Assert.Equal(expected, File.ReadAllBytes(FilePath));
        Assert.Equal(gpt.Provenance, Gpt.Load(FilePath).Provenance);
    }

    [Fact]
    public void Single_precision_rounds_and_takes_half_the_data()
    {
        var gpt = Train(3).Snapshot();
        gpt.Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        gpt.Save(FilePath, singlePrecision: true);
        var (_, half) = Parts(File.ReadAllBytes(FilePath));
        Assert.Equal(data.Length, 2 * half.Length);
        Assert.Equal(gpt.Parameters.Values.Select(value => (double)(float)value), Gpt.Load(FilePath).Parameters.Values);

        gpt.Parameters["layer1.mlp_fc1"][7] = 1e39;
        var error = Assert.Throws<CheckpointException>(() => gpt.Save(FilePath, singlePrecision: true));
        Assert.Contains("tensor layer1.mlp_fc1: Infinity at [1, 1]", error.Message);
        Assert.Equal(half, Parts(File.ReadAllBytes(FilePath)).Data); // the old file, and nothing beside it
        Assert.Equal([FilePath], Directory.GetFiles(folder));
    }

    [Fact]
    public void A_python_reader_finds_the_same_numbers()
    {
        // The format as its documentation has it, read by nothing of ours.
        const string reader = """
            import json, struct, sys
            sys.stdout.reconfigure(encoding="utf-8")
            data = open(sys.argv[1], "rb").read()
            n = struct.unpack("<Q", data[:8])[0]
            header = json.loads(data[8:8 + n])
            print(json.dumps(header.pop("__metadata__"), sort_keys=True))
            for name, t in header.items():
                begin, end = t["data_offsets"]
                rows, columns = t["shape"]
                size = {"F64": 8, "F32": 4}[t["dtype"]]
                assert end - begin == rows * columns * size
                raw = data[8 + n + begin:8 + n + end]
                values = struct.unpack("<%d%s" % (rows * columns, {8: "d", 4: "f"}[size]), raw)
                print(name, rows, columns, *(v.hex() for v in values))
            """;
        Process python;
        try
        {
            Train(2).Save(FilePath);
            python = Process.Start(new ProcessStartInfo("python3", ["-c", reader, FilePath])
            {
                RedirectStandardOutput = true,
                StandardOutputEncoding = Encoding.UTF8,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no python3");
            return;
        }
        var lines = python.StandardOutput.ReadToEnd().TrimEnd('\n').Split('\n');
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        var gpt = Gpt.Load(FilePath);
        var metadata = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(gpt.Tokenizer.Characters, metadata.GetProperty("vocabulary").GetString());
        Assert.Equal("0.01", metadata.GetProperty("learning_rate").GetString());
        var tensors = gpt.Parameters.Tensors;
        Assert.Equal(3 * tensors.Count, lines.Length - 1);
        Assert.Equal(tensors.Select(t => $"{t.Name} {t.Rows} {t.Columns}"),
            lines[1..(tensors.Count + 1)].Select(line => string.Join(' ', line.Split(' ')[..3])));
        var values = lines[1..(tensors.Count + 1)].SelectMany(line => line.Split(' ')[3..]).ToArray();
        Assert.Equal(gpt.Parameters.Values.Length, values.Length);
        foreach (var (i, value) in gpt.Parameters.Values.Index())
        {
            Assert.True(Bits.Same(value, Golden.Parse(values[i])),
                $"parameter {i}: {Bits.Hex(value)}, Python has {values[i]}");
        }
    }

    [Fact]
    public void A_file_from_before_the_options_for_text_is_one_without_them()
    {
        var gpt = Train(3).Snapshot();
        gpt.Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        var json = JsonNode.Parse(header)!.AsObject();
        foreach (var key in new[] { "precision", "learning_rate_decay", "warmup_steps", "gradient_clip", "weight_decay",
            "optimizer", "loss_average", "chunk_starts" })
        {
            Assert.True(json["__metadata__"]!.AsObject().Remove(key));
        }
        File.WriteAllBytes(FilePath, Whole(json.ToJsonString(), data));
        Assert.Equal(gpt.Provenance, Gpt.Load(FilePath).Provenance);
    }

    // A reader that would ignore an option must refuse the file.
    [Theory]
    [InlineData("1", "Steps 9")]
    [InlineData("2", "Precision f32")]
    [InlineData("2", "WarmupSteps 3")]
    [InlineData("3", "Precision f32 Optimizer muon")]
    [InlineData("3", "Precision f32 WarmupSteps 3 LossAverage tokens")]
    public void A_file_has_the_first_version_that_knows_its_options(string version, string names)
    {
        var setting = names.Split(' ').Chunk(2).Aggregate(
            options, (o, pair) => TrainingOption.All.Single(option => option.Name == pair[0]).With(o, pair[1]));
        new Trainer(corpus, setting).Save(FilePath);
        var (header, _) = Parts(File.ReadAllBytes(FilePath));
        Assert.Equal(version, (string?)JsonNode.Parse(header)!["__metadata__"]!["format_version"]);
        Assert.Equal(setting, Gpt.Load(FilePath).Provenance.Options);
    }

    // Every kind of damage, and what the message must say.
    public static TheoryData<string, string> Damages => new()
    {
        { "empty file", "0 bytes, too few for a header length" },
        { "7 bytes", "7 bytes, too few for a header length" },
        { "nothing but a length", "the header must begin with {" },
        { "header length beyond the file", "is more than the file has left" },
        { "header length 2^64-1", "the header length 18446744073709551615 is more than the file has left" },
        { "header length one less", "the header is not valid JSON" },
        { "header length one more", "the header is not valid JSON" },
        { "leading space", "the header must begin with {" },
        { "byte 0xFF in the header", "the header is not UTF-8" },
        { "half a surrogate pair", "the header is not valid JSON" },
        { "half a surrogate pair in a key", "the header is not valid JSON" },
        { "a comment", "the header is not valid JSON" },
        { "a trailing comma", "the header is not valid JSON" },
        { "deep nesting", "the header is not valid JSON" },
        { "two headers", "the header is not valid JSON" },
        { "duplicate tensor", "the header has wpe twice" },
        { "duplicate tensor, escaped", "the header has wpe twice" },
        { "duplicate metadata key", "__metadata__ has seed twice" },
        { "duplicate shape", "tensor wpe: must have dtype, shape and data_offsets, and nothing else" },
        { "metadata is a list", "__metadata__ is not an object" },
        { "metadata value is a number", "__metadata__: seed is not a string" },
        { "no metadata", "not a microgpt model: the metadata's format is not microgpt" },
        { "another format", "the metadata's format is not microgpt" },
        { "a later version", "format_version is 4, this library reads 1, 2, 3" },
        { "no vocabulary", "the metadata has no vocabulary" },
        { "empty vocabulary", "there are no characters to learn" },
        { "vocabulary out of order", "the vocabulary is not in order, or repeats a character" },
        { "vocabulary with a repeat", "the vocabulary is not in order, or repeats a character" },
        { "vocab_size off by one", "vocab_size is 99, the vocabulary and BOS make" },
        { "n_layer 0", "n_layer is 0: must be 1 or more" },
        { "n_layer 2147483647", "fit in an array" },
        { "n_layer 1000000", "the tensors hold" },
        { "n_layer 1", "the tensors hold" },
        { "n_embd 2147483647", "fit in an array" },
        { "n_embd negative", "n_embd is -6: must be 1 or more" },
        { "n_embd not a number", "n_embd is six: must be a whole number up to 2147483647" },
        { "n_embd beyond an int", "n_embd is 4294967302: must be a whole number up to 2147483647" },
        { "n_head does not divide", "n_head 4 must divide n_embd 6" },
        { "block_size 6", "the tensors hold" },
        { "learning rate NaN", "learning_rate is NaN: must be above 0 and finite" },
        { "learning rate not a number", "learning_rate is fast: is not a number; it must be above 0 and finite" },
        { "seed not a number", "seed is 0x2a: must be a whole number from -2^63 to 2^63 - 1" },
        { "precision f16", "precision is f16: must be f64 or f32" },
        { "precision that the numbers lack", "tensor wte: must be F32 in a file that can be resumed" },
        { "decay by steps", "learning_rate_decay is steps: must be linear or cosine" },
        { "warm-up as long as the run", "warmup_steps 7 must be less than num_steps 7" },
        { "warm-up negative", "warmup_steps is -1: must be 0 or more" },
        { "clip NaN", "gradient_clip is NaN: must be 0 or more, and finite" },
        { "weight decay negative", "weight_decay is -0.5: must be 0 or more, and finite" },
        { "steps beyond num_steps", "steps is 8, not from 0 to num_steps" },
        { "steps negative", "steps is -1, not from 0 to num_steps" },
        { "no SHA-256", "corpus_sha256 is not 64 hexadecimal digits" },
        { "start without SHA-256", "start_sha256 is not 64 hexadecimal digits" },
        { "random state cut", "not the state of a random number generator" },
        { "random state out of range", "the state of the random number generator is out of range" },
        { "random state without moments", "the tensors hold" },
        { "moments without random state", "the tensors hold" },
        { "tensor is a number", "tensor wpe: is not described by an object" },
        { "tensor without dtype", "tensor wpe: must have dtype, shape and data_offsets, and nothing else" },
        { "tensor with another key", "tensor wpe: must have dtype, shape and data_offsets, and nothing else" },
        { "dtype BF16", "tensor wpe: has dtype BF16; only F64 and F32 are supported" },
        { "dtype is a number", "tensor wpe: dtype is not a string" },
        { "dtype F32 of 8 bytes", "tensor wpe: shape [5, 6] of F32 does not match its 240 bytes" },
        { "shape is not a list", "tensor wpe: shape is not [rows, columns]" },
        { "shape of one number", "tensor wpe: shape is not [rows, columns]" },
        { "shape negative", "tensor wpe: shape: -5 is not a whole number" },
        { "shape fractional", "tensor wpe: shape: 5.5 is not a whole number" },
        { "shape beyond a long", "tensor wpe: shape: 9223372036854775808 is not a whole number" },
        { "shape of which the product overflows", "tensor wpe: shape [4294967296, 4294967296] of F64 does not match" },
        { "shape of which the product wraps around", "tensor wpe: shape [2305843009213693982, 1] of F64" },
        { "shape transposed", "tensor wpe: shape [6, 5], the model's is [5, 6]" },
        { "shape too large", "tensor wpe: shape [6, 6] of F64 does not match its 240 bytes" },
        { "offsets reversed", "tensor wpe: ends at" },
        { "offsets beyond the file", "tensor layer1.mlp_fc2: ends at" },
        { "offsets leave a hole", "tensor lm_head: begins at 1160 and leaves a gap after 1152" },
        { "offsets overlap", "tensor lm_head: begins at 1144 and overlaps the bytes before 1152" },
        { "two tensors at the same bytes", "begins at 0 and overlaps the bytes before 912" },
        { "first tensor not at 0", "tensor wte: begins at 8 and leaves a gap after 0" },
        { "bytes after the last tensor", "the tensors end at" },
        { "last byte missing", "tensor layer1.mlp_fc2: ends at" },
        { "tensor missing", "the tensors end at" },
        { "tensor renamed", "tensor wqe: this model has no such tensor" },
        { "tensor of no numbers", "tensor nothing: this model has no such tensor" },
        { "NaN", "tensor wpe: NaN at [1, 2]" },
        { "infinity", "tensor wpe: -Infinity at [4, 5]" },
        { "header of nothing", "not a microgpt model: the metadata's format is not microgpt" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damage_gives_one_clear_error(string kind, string message)
    {
        var trainer = Train(3);
        trainer.Snapshot().Save(FilePath);
        var damaged = Damage(kind, File.ReadAllBytes(FilePath), trainer);
        File.WriteAllBytes(FilePath, damaged);
        var error = Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath));
        Assert.StartsWith(FilePath + ": ", error.Message);
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    byte[] Damage(string kind, byte[] file, Trainer trainer)
    {
        var (header, data) = Parts(file);
        var json = JsonNode.Parse(header)!.AsObject();
        var metadata = json["__metadata__"]!.AsObject();
        var wpe = json["wpe"]!.AsObject();
        var wpeBegin = (int)wpe["data_offsets"]![0]!.AsValue();
        var random = new PythonRandom(1);

        byte[] Text(string from, string to)
        {
            Assert.Contains(from, header);
            return Whole(header.Replace(from, to), data);
        }
        byte[] Meta(string key, string value)
        {
            metadata[key] = value;
            return Whole(json.ToJsonString(), data);
        }
        byte[] Wpe(string key, string value)
        {
            wpe[key] = JsonNode.Parse(value);
            return Whole(json.ToJsonString(), data);
        }
        byte[] Offsets(string name, int begin, int end)
        {
            json[name]!["data_offsets"] = new JsonArray(begin, end);
            return Whole(json.ToJsonString(), data);
        }
        byte[] Length(ulong length)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file, length);
            return file;
        }
        byte[] Number(int row, int column, double value)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(wpeBegin + 8 * (6 * row + column)), value);
            return Whole(header, data);
        }
        byte[] Without(JsonObject parent, string key)
        {
            Assert.True(parent.Remove(key));
            return Whole(json.ToJsonString(), data);
        }

        switch (kind)
        {
            case "empty file": return [];
            case "7 bytes": return file[..7];
            case "nothing but a length": return new byte[8];
            case "header length beyond the file": return Length((ulong)file.Length - 7);
            case "header length 2^64-1": return Length(ulong.MaxValue);
            case "header length one less": return Length((ulong)header.TrimEnd().Length - 1);
            case "header length one more": return Whole(header.TrimEnd(), [1, .. data], -1);
            case "leading space": return Whole(" " + header, data);
            case "byte 0xFF in the header": file[20] = 0xff; return file;
            case "half a surrogate pair": return Text("\"format\":\"microgpt\"", "\"format\":\"\\ud800\"");
            case "half a surrogate pair in a key": return Text("\"wpe\"", "\"\\udfff\"");
            case "a comment": return Text("\"wpe\"", "/**/\"wpe\"");
            case "a trailing comma": return Whole(header.TrimEnd()[..^1] + ",}", data);
            case "deep nesting": return Whole("{\"wte\":" + new string('[', 10_000), data);
            case "two headers": return Whole("{}" + header, data);
            case "duplicate tensor": return Text("\"wpe\"", "\"wpe\":{\"dtype\":\"F64\"},\"wpe\"");
            case "duplicate tensor, escaped": return Text("\"wpe\"", "\"\\u0077pe\":{\"dtype\":\"F64\"},\"wpe\"");
            case "duplicate metadata key": return Text("\"seed\"", "\"seed\":\"1\",\"seed\"");
            case "duplicate shape": return Text("\"shape\":[5,6]", "\"shape\":[5,6],\"shape\":[5,6]");
            case "metadata is a list": json["__metadata__"] = new JsonArray(); return Whole(json.ToJsonString(), data);
            case "metadata value is a number": metadata["seed"] = 1; return Whole(json.ToJsonString(), data);
            case "no metadata": return Without(json, "__metadata__");
            case "another format": return Meta("format", "pt");
            case "a later version": return Meta("format_version", "4");
            case "no vocabulary": return Without(metadata, "vocabulary");
            case "empty vocabulary": return Meta("vocabulary", "");
            case "vocabulary out of order": return Meta("vocabulary", "ba");
            case "vocabulary with a repeat": return Meta("vocabulary", "aab");
            case "vocab_size off by one": return Meta("vocab_size", "99");
            case "n_layer 0": return Meta("n_layer", "0");
            case "n_layer 2147483647": return Meta("n_layer", "2147483647");
            case "n_layer 1000000": return Meta("n_layer", "1000000");
            case "n_layer 1": return Meta("n_layer", "1");
            case "n_embd 2147483647": metadata["n_head"] = "1"; return Meta("n_embd", "2147483647");
            case "n_embd negative": return Meta("n_embd", "-6");
            case "n_embd not a number": return Meta("n_embd", "six");
            case "n_embd beyond an int": return Meta("n_embd", "4294967302");
            case "n_head does not divide": return Meta("n_head", "4");
            case "block_size 6": return Meta("block_size", "6");
            case "learning rate NaN": return Meta("learning_rate", "NaN");
            case "learning rate not a number": return Meta("learning_rate", "fast");
            case "seed not a number": return Meta("seed", "0x2a");
            case "precision f16": return Meta("precision", "f16");
            case "precision that the numbers lack":
                trainer.Save(FilePath);
                return Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(File.ReadAllBytes(FilePath))
                    .Replace("\"precision\":\"f64\"", "\"precision\":\"f32\"", StringComparison.Ordinal));
            case "decay by steps": return Meta("learning_rate_decay", "steps");
            case "warm-up as long as the run": return Meta("warmup_steps", "7");
            case "warm-up negative": return Meta("warmup_steps", "-1");
            case "clip NaN": return Meta("gradient_clip", "NaN");
            case "weight decay negative": return Meta("weight_decay", "-0.5");
            case "steps beyond num_steps": return Meta("steps", "8");
            case "steps negative": return Meta("steps", "-1");
            case "no SHA-256": return Meta("corpus_sha256", "unknown");
            case "start without SHA-256": return Meta("start_sha256", new string('A', 64));
            case "random state cut": return Meta("random_state", random.Save()[..^4]);
            case "random state out of range":
                var state = Convert.FromBase64String(random.Save());
                BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(4 * 624), 624);
                return Meta("random_state", Convert.ToBase64String(state));
            case "random state without moments": return Meta("random_state", random.Save());
            case "moments without random state":
                var temporary = Path.GetTempFileName();
                trainer.Save(temporary);
                (header, data) = Parts(File.ReadAllBytes(temporary));
                File.Delete(temporary);
                json = JsonNode.Parse(header)!.AsObject();
                return Without(json["__metadata__"]!.AsObject(), "random_state");
            case "tensor is a number": json["wpe"] = 1; return Whole(json.ToJsonString(), data);
            case "tensor without dtype": return Without(wpe, "dtype");
            case "tensor with another key": return Wpe("note", "1");
            case "dtype BF16": return Wpe("dtype", "\"BF16\"");
            case "dtype is a number": return Wpe("dtype", "64");
            case "dtype F32 of 8 bytes": return Wpe("dtype", "\"F32\"");
            case "shape is not a list": return Wpe("shape", "30");
            case "shape of one number": return Wpe("shape", "[30]");
            case "shape negative": return Wpe("shape", "[-5,-6]");
            case "shape fractional": return Wpe("shape", "[5.5,6]");
            case "shape beyond a long": return Wpe("shape", "[9223372036854775808,6]");
            case "shape of which the product overflows": return Wpe("shape", "[4294967296,4294967296]");
            case "shape of which the product wraps around": return Wpe("shape", "[2305843009213693982,1]");
            case "shape transposed": return Wpe("shape", "[6,5]");
            case "shape too large": return Wpe("shape", "[6,6]");
            case "offsets reversed": return Offsets("wpe", wpeBegin + 240, wpeBegin);
            case "offsets beyond the file": return Whole(header, data[..^80]);
            case "offsets leave a hole": return Offsets("lm_head", 1160, 1160 + 912);
            case "offsets overlap": return Offsets("lm_head", 1144, 1144 + 912);
            case "two tensors at the same bytes": return Offsets("lm_head", 0, 912);
            case "first tensor not at 0": return Offsets("wte", 8, 8 + 912);
            case "bytes after the last tensor": return [.. file, 0];
            case "last byte missing": return file[..^1];
            case "tensor missing": return Without(json, "layer1.mlp_fc2");
            case "tensor renamed": return Text("\"wpe\"", "\"wqe\"");
            case "tensor of no numbers":
                return Text("\"wpe\"", "\"nothing\":{\"dtype\":\"F64\",\"shape\":[0,9],\"data_offsets\":[0,0]},\"wpe\"");
            case "NaN": return Number(1, 2, double.NaN);
            case "infinity": return Number(4, 5, double.NegativeInfinity);
            case "header of nothing": return Whole("{}", data);
            default: throw new ArgumentException(kind, nameof(kind));
        }
    }

    // A file of that header; its length may be told wrong.
    static byte[] Whole(string header, byte[] data, int wrong = 0)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length - wrong);
        return [.. length, .. bytes, .. data];
    }

    static (string Header, byte[] Data) Parts(byte[] file)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        return (Encoding.UTF8.GetString(file, 8, length), file[(8 + length)..]);
    }

    [Fact]
    public void Random_damage_gives_a_sound_model_or_a_clear_error()
    {
        Train(3).Save(FilePath);
        var sound = File.ReadAllBytes(FilePath);
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(sound);
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 4000; i++)
        {
            var file = sound.ToArray();
            var flips = random.Next(4);
            for (var flip = 0; flip < flips; flip++)
            {
                // Half of the flips hit the header, which is where the rules are.
                file[random.Next(random.Next(2) == 0 ? headerEnd : file.Length)] ^= (byte)(1 << random.Next(8));
            }
            file = flips == 0 || random.Next(8) == 0 ? file[..random.Next(file.Length)] : file;
            File.WriteAllBytes(FilePath, file);
            try
            {
                Assert.All(Gpt.Load(FilePath).Parameters.Values, value => Assert.True(double.IsFinite(value)));
            }
            catch (CheckpointException e)
            {
                refused++;
                Assert.True(e.Message.Length > FilePath.Length + 10, e.Message);
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"file {i}: {e}");
            }
        }
        Assert.InRange(refused, 1500, 3999);
    }

    [Fact]
    public void A_training_state_in_single_precision_is_refused()
    {
        Train(3).Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        var json = JsonNode.Parse(header)!.AsObject();
        foreach (var (name, tensor) in json.Where(entry => entry.Key != "__metadata__"))
        {
            var offsets = tensor!["data_offsets"]!.AsArray().Select(offset => (int)offset! / 2).ToArray();
            (tensor["dtype"], tensor["data_offsets"]) = ("F32", new JsonArray(offsets[0], offsets[1]));
        }
        var bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
        var length = BitConverter.GetBytes((long)bytes.Length);
        File.WriteAllBytes(FilePath, [.. length, .. bytes, .. new byte[data.Length / 2]]);
        Assert.Contains("tensor wte: must be F64 in a file that can be resumed",
            Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath)).Message);
    }

    [Fact]
    public void A_negative_mean_of_squares_is_refused()
    {
        Train(3).Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        var begin = (int)JsonNode.Parse(header)!["adam_v.wpe"]!["data_offsets"]![0]!.AsValue();
        var file = File.ReadAllBytes(FilePath);
        BinaryPrimitives.WriteDoubleLittleEndian(file.AsSpan(file.Length - data.Length + begin), -1e-9);
        File.WriteAllBytes(FilePath, file);
        Assert.Contains("tensor adam_v.wpe: -1E-09 at [0, 0]; a mean of squares",
            Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath)).Message);
    }

    [Fact]
    public void A_promised_size_is_not_allocated()
    {
        Train(3).Snapshot().Save(FilePath);
        var (header, data) = Parts(File.ReadAllBytes(FilePath));
        // 5 GB of parameters in a file of some kilobytes.
        header = header.Replace("\"n_layer\":\"2\"", "\"n_layer\":\"1500000\"");
        File.WriteAllBytes(FilePath, [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)),
            .. Encoding.UTF8.GetBytes(header), .. data]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => Gpt.Load(FilePath));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Assert.Contains("is a folder", Assert.Throws<CheckpointException>(() => Gpt.Load(folder)).Message);
        Assert.Throws<FileNotFoundException>(() => Gpt.Load(FilePath));
        Assert.Throws<DirectoryNotFoundException>(() => Train(1).Save(Path.Join(folder, "missing", "file")));
    }

    [Fact]
    public void Killing_the_process_while_it_saves_leaves_checkpoints()
    {
        // 50 processes, each killed while it saves 4 files: 200 times.
        var program = Path.Join(AppContext.BaseDirectory, "SaveForever.dll");
        var paths = Enumerable.Range(0, 4).Select(i => $"{FilePath}{i}").ToArray();
        var random = new Random(1);
        var cutShort = 0;
        for (var kill = 0; kill < 50; kill++)
        {
            Array.ForEach(paths, File.Delete);
            var start = new ProcessStartInfo("dotnet", [program, .. paths]) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var reported = paths.ToDictionary(path => path, _ => 0);
            while (reported.ContainsValue(0))
            {
                Report(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("it ended by itself"));
            }
            Thread.Sleep(random.Next(10));
            process.Kill(); // SIGKILL
            Array.ForEach(process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries), Report);
            process.WaitForExit();

            foreach (var path in paths)
            {
                cutShort += File.Exists(path + ".saving") ? 1 : 0;
                Assert.InRange(Gpt.Load(path).Provenance.Steps, reported[path], reported[path] + 1);
            }

            void Report(string line)
            {
                var space = line.LastIndexOf(' ');
                reported[line[..space]] = int.Parse(line[space..], CultureInfo.InvariantCulture);
            }
        }
        Assert.InRange(cutShort, 20, 200); // else the kills came at other times, and proved nothing
    }
}
